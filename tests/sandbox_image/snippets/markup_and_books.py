"""Everyday openpyxl, xlrd, lxml, BeautifulSoup, and requests without a network."""

_XLS = (
    "eNrtWE1oE0EU/maTbX5o0k1NhVYooWjV2ot48dKuCtqTpepBEUG37R5C0rSsuehBqzVHQfCkeCn04qXqxR/0oLcehIoeBEFI9NiT"
    "oOihzfbNyyymbQ4N2KIy3zJv3r73zczLzpvZzL5bTJVnn3RVsA6DCKHqx9BSZxNUYsGNBfL7vlSDOkrF1/inEIvSRLaYeJl4G5Fz"
    "KOe7AgOPw29IAl+oXMAUhicLbmYbcYxjcISMYYCkwAOyJNHJUbWzHGO5g+UjZr5ieYQtt1kOELcszmPRHu47rLL4nNHDviRkv8+4"
    "zSe2HEQHFmQWX78jalwTR72sk/87Hd3hVsyB5m3ILbieky8jTRM4hx9+BvgerNTXGW3fXrsA2X+ttUca2O8aYWAa/iVO8BISWAhJ"
    "j4kzTt69vIzdIEJQskV3wgSmvOyYS7Si65BxIpvPxeW+zOvYWrOOE5zfrSTH0cZ6irPcop16+eG39ydHR+yLbJnmvbu2w++RQcHH"
    "DdmCGifZw3Ext4/lAZY3udddrHexTFPwVPeOdCjlxAxzbrG3l8Y5xPhg763T95FeWjr1vLv01d5P+vxQ5Wp6/qM9ix5644xTe3nN"
    "oF/0i/v3JF7YQS3UbvCZZeeGnSFqWCp2X73G2rCCOKsplrU7+XSE4osGfMF82eM1I87xpLAUqvGNBnyD+SHFrz39n9TJoNGOp9JJ"
    "+9RvxKGhoaGhoaGhoaGx9RDqX31InTNMdXaIqO86K1Sq+jPJf4vTmKSrSAfT4yhQ7eFKU/mzE6YI+hKbbBN8L5Q4S6N7yGGU48g1"
    "nb909hP1v2fTDa0/t4SaHb/aTJxbPP4qor/G6g=="
)
"""A workbook of the old format, compressed: sheet Sales with item, price; tea, 2.5; milk, 1.25."""

SNIPPETS = {
    "openpyxl_styles_and_formula": """
import io, openpyxl
from openpyxl.styles import Font

book = openpyxl.Workbook()
book.active["A1"], book.active["A2"] = 2, "=A1*2"
book.active["A1"].font = Font(bold=True)
file = io.BytesIO()
book.save(file)
again = openpyxl.load_workbook(file).active
assert again["A2"].value == "=A1*2" and again["A1"].font.bold
""",
    "openpyxl_chart": """
import io, openpyxl
from openpyxl.chart import BarChart, Reference

book = openpyxl.Workbook()
for n in range(1, 5):
    book.active.append([n])
chart = BarChart()
chart.add_data(Reference(book.active, min_col=1, min_row=1, max_row=4))
book.active.add_chart(chart, "C1")
file = io.BytesIO()
book.save(file)
assert file.getvalue()[:2] == b"PK"
""",
    "openpyxl_read_only_rows": """
import io, openpyxl

book = openpyxl.Workbook(write_only=True)
sheet = book.create_sheet()
for n in range(500):
    sheet.append([n, n * n])
file = io.BytesIO()
book.save(file)
rows = openpyxl.load_workbook(file, read_only=True).active.iter_rows(values_only=True)
assert sum(row[1] for row in rows) == 41541750
""",
    "openpyxl_merged_and_widths": """
import openpyxl

book = openpyxl.Workbook()
book.active.merge_cells("A1:B2")
book.active.column_dimensions["A"].width = 30
assert str(next(iter(book.active.merged_cells.ranges))) == "A1:B2"
""",
    "xlrd_old_workbook": f"""
import base64, zlib, xlrd
book = xlrd.open_workbook(file_contents=zlib.decompress(base64.b64decode("{_XLS}")))
sheet = book.sheet_by_name("Sales")
assert sheet.nrows == 3 and sheet.cell_value(1, 1) == 2.5
""",
    "xlrd_through_pandas": f"""
import base64, io, zlib, pandas as pd
df = pd.read_excel(io.BytesIO(zlib.decompress(base64.b64decode("{_XLS}"))), engine="xlrd")
assert df.price.sum() == 3.75
""",
    "xlrd_refuses_other_files": """
import xlrd

try:
    xlrd.open_workbook(file_contents=b"not a workbook")
except xlrd.XLRDError as error:
    said = str(error)
assert "Unsupported format" in said
""",
    "beautiful_soup_html_parser": """
from bs4 import BeautifulSoup

soup = BeautifulSoup("<ul><li>a<li>b</ul>", "html.parser")
assert len(soup.find_all("li")) == 2
""",
    "beautiful_soup_lxml_select": """
from bs4 import BeautifulSoup

soup = BeautifulSoup("<p class='x'><a href='/u'>go</a></p>", "lxml")
assert soup.select_one("p.x > a")["href"] == "/u"
""",
    "beautiful_soup_table_to_rows": """
from bs4 import BeautifulSoup

soup = BeautifulSoup("<table><tr><td>1</td><td>2</td></tr></table>", "lxml")
assert [[int(d.text) for d in row("td")] for row in soup("tr")] == [[1, 2]]
""",
    "beautiful_soup_edits_a_tree": """
from bs4 import BeautifulSoup

soup = BeautifulSoup("<b>x</b>", "html.parser")
soup.b.string = "y"
assert str(soup) == "<b>y</b>"
""",
    "lxml_xpath": """
from lxml import etree

root = etree.fromstring("<a><b n='1'/><b n='2'/></a>")
assert root.xpath("sum(//b/@n)") == 3
""",
    "lxml_html_links": """
from lxml import html

assert [link for *_, link, _ in html.fromstring("<a href='/x'>x</a>").iterlinks()] == ["/x"]
""",
    "lxml_iterparse_and_build": """
import io
from lxml import etree

root = etree.Element("r")
for n in range(3):
    etree.SubElement(root, "i").text = str(n)
seen = [e.text for _, e in etree.iterparse(io.BytesIO(etree.tostring(root)), tag="i")]
assert seen == ["0", "1", "2"]
""",
    "lxml_xslt": """
from lxml import etree
sheet = etree.XML('''<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/"><o><xsl:value-of select="/a/@n"/></o></xsl:template></xsl:stylesheet>''')
assert etree.XSLT(sheet)(etree.XML("<a n='5'/>")).getroot().text == "5"
""",
    "requests_prepares_a_request": """
import requests

ready = requests.Request("GET", "https://example.org/q", params={"a": "b c"}).prepare()
assert ready.url == "https://example.org/q?a=b+c"
""",
    "requests_json_body_and_headers": """
import requests

ready = requests.Request("POST", "https://example.org", json={"a": 1}, auth=("u", "p")).prepare()
assert ready.headers["Content-Type"] == "application/json" and ready.headers["Authorization"].startswith(
    "Basic "
)
""",
    "requests_session_and_adapter": """
import requests
from urllib3.util import Retry

session = requests.Session()
session.mount("https://", requests.adapters.HTTPAdapter(max_retries=Retry(2)))
assert session.get_adapter("https://x").max_retries.total == 2
""",
    "requests_from_a_server_of_its_own": """
import http.server, threading, requests


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"n": 5}')

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
session = requests.Session()
session.trust_env = False
found = session.get(f"http://127.0.0.1:{server.server_port}/", timeout=10).json()
server.shutdown()
assert found == {"n": 5}
""",
    "urllib_parses_urls": """
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

assert urlsplit("https://u@h.org:8/p?q=1#f").port == 8 and parse_qs(urlencode({"a": "ä"})) == {"a": ["ä"]}
assert urljoin("https://h.org/a/b", "../c") == "https://h.org/c"
""",
    "ssl_context_has_authorities": """
import ssl

context = ssl.create_default_context()
import certifi

context.load_verify_locations(certifi.where())
assert context.cert_store_stats()["x509_ca"] > 50
""",
    "defusedxml_refuses_entities": """
import defusedxml.ElementTree as tree

try:
    tree.fromstring('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>')
except Exception as error:
    said = type(error).__name__
assert said == "EntitiesForbidden"
""",
    "yaml_round_trip": """
import yaml

assert yaml.safe_load(yaml.safe_dump({"a": [1, None]})) == {"a": [1, None]}
""",
}
