"""What a sandbox may bring out to attack its reader; the attacker's own server, which counts who calls."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000")
BIDI_NAME = "invoice\u202egnp.html"


def hostile_files(listener: str) -> dict[str, tuple[str, str, bytes]]:
    """Name of the file, type that the sandbox says, bytes; each calls the listener where it runs."""

    def script(case: str) -> str:
        return f"window.ran=true;new Image().src='{listener}/hit/{case}';alert(1)"

    def page(case: str) -> bytes:
        beacon = f"<img src='{listener}/hit/{case}-image'><script>{script(case)}</script>"
        return f"<!doctype html><title>x</title>{beacon}<base href='{listener}/'>".encode()

    def svg(case: str) -> bytes:
        head = f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{script(case)}\">"
        return f"{head}<image href='{listener}/hit/{case}-image'/></svg>".encode()

    def xml(case: str) -> bytes:
        sheet = f"<?xml-stylesheet type='text/xsl' href='{listener}/hit/{case}-sheet'?>"
        run = f"<h:script xmlns:h='http://www.w3.org/1999/xhtml'>{script(case)}</h:script>"
        return f"<?xml version='1.0'?>{sheet}<a>{run}</a>".encode()

    pdf = f"%PDF-1.4\n1 0 obj<</OpenAction<</S/URI/URI({listener}/hit/pdf)>>/Pages 2 0 R>>endobj\n".encode()
    return {
        "html": ("report.html", "text/html", page("html")),
        "xhtml": ("report.xhtml", "application/xhtml+xml", page("xhtml")),
        "svg": ("plot.svg", "image/svg+xml", svg("svg")),
        "xml": ("data.xml", "text/xml", xml("xml")),
        "pdf": ("report.pdf", "application/pdf", pdf),
        "js": ("code.js", "text/javascript", script("js").encode()),
        "png-that-is-html": ("plot.png", "image/png", PNG + page("png-that-is-html")),
        "html-as-png": ("plot2.png", "image/png", page("html-as-png")),
        "png-as-html": ("plot3.png", "text/html", PNG + page("png-as-html")),
        "html-as-text": ("notes.txt", "text/plain", page("html-as-text")),
        "html-as-csv": ("rows.csv", "text/csv", page("html-as-csv")),
        "html-as-json": ("rows.json", "application/json", page("html-as-json")),
        "csv": ("formula.csv", "text/csv", f'=HYPERLINK("{listener}/hit/csv";"x"),=cmd|x\n'.encode()),
        "no-type": ("x", "", page("no-type")),
        "bidi": (BIDI_NAME, "text/html", page("bidi")),
        "header": ('a"\r\nContent-Type: text/html\r\n\r\n<x>.html', "text/html\r\nX: y", page("header")),
    }


class Listener(ThreadingHTTPServer):
    """The attacker's own server: counts who calls, serves the hostile bytes raw (the control), and embeds."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.called: list[str] = []
        self.pages: dict[str, tuple[str, bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def hits(self, case: str) -> list[str]:
        return [path for path in self.called if path.startswith(f"/hit/{case}")]


class _Answer(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.called.append(self.path)
        mime, content = self.server.pages.get(self.path, ("text/plain", b"hit"))
        self.send_response(200)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""
