"""Reading and writing tables with pandas."""

SNIPPETS = {
    "csv_round_trip": """
import io, pandas as pd

df = pd.DataFrame({"a": [1, 2], "b": ["x, y", None]})
assert pd.read_csv(io.StringIO(df.to_csv(index=False))).equals(df.astype({"b": object}))
""",
    "csv_options": """
import io, pandas as pd

text = "when;price\\n01.02.2024;1.234,5\\n"
df = pd.read_csv(io.StringIO(text), sep=";", decimal=",", thousands=".")
assert df.price[0] == 1234.5
""",
    "csv_in_chunks": """
import io, pandas as pd

text = "n\\n" + "\\n".join(map(str, range(1000)))
assert sum(chunk.n.sum() for chunk in pd.read_csv(io.StringIO(text), chunksize=100)) == 499500
""",
    "csv_with_the_arrow_engine": """
import io, pandas as pd

df = pd.read_csv(io.BytesIO(b"a,b\\n1,2\\n3,4\\n"), engine="pyarrow")
assert df.b.sum() == 6
""",
    "csv_gzip_file": """
import pandas as pd

pd.DataFrame({"a": [1, 2, 3]}).to_csv("/tmp/t.csv.gz", index=False)
assert pd.read_csv("/tmp/t.csv.gz").a.tolist() == [1, 2, 3]
""",
    "fixed_width": """
import io, pandas as pd

df = pd.read_fwf(io.StringIO("name  n\\nann   1\\nbob   2\\n"))
assert df.n.tolist() == [1, 2]
""",
    "json_round_trip": """
import io, pandas as pd

df = pd.DataFrame({"a": [1, 2]})
assert pd.read_json(io.StringIO(df.to_json(orient="records"))).equals(df)
""",
    "json_lines": """
import io, pandas as pd

assert pd.read_json(io.StringIO('{"a":1}\\n{"a":2}\\n'), lines=True).a.sum() == 3
""",
    "parquet_round_trip": """
import pandas as pd

df = pd.DataFrame({"a": [1, 2], "d": pd.date_range("2024-01-01", periods=2)})
df.to_parquet("/tmp/t.parquet", compression="zstd")
assert pd.read_parquet("/tmp/t.parquet", columns=["a"]).a.sum() == 3
""",
    "feather_round_trip": """
import pandas as pd

df = pd.DataFrame({"a": [1.5, 2.5]})
df.to_feather("/tmp/t.feather")
assert pd.read_feather("/tmp/t.feather").equals(df)
""",
    "orc_round_trip": """
import pandas as pd

df = pd.DataFrame({"a": [1, 2]})
df.to_orc("/tmp/t.orc")
assert pd.read_orc("/tmp/t.orc").a.tolist() == [1, 2]
""",
    "pickle_round_trip": """
import pandas as pd

df = pd.DataFrame({"a": [1, 2]})
df.to_pickle("/tmp/t.pkl")
assert pd.read_pickle("/tmp/t.pkl").equals(df)
""",
    "excel_round_trip": """
import pandas as pd

df = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
df.to_excel("/tmp/t.xlsx", index=False, sheet_name="S")
assert pd.read_excel("/tmp/t.xlsx", sheet_name="S").equals(df)
""",
    "excel_two_sheets": """
import pandas as pd

with pd.ExcelWriter("/tmp/two.xlsx") as writer:
    pd.DataFrame({"a": [1]}).to_excel(writer, sheet_name="one", index=False)
    pd.DataFrame({"a": [2]}).to_excel(writer, sheet_name="two", index=False)
assert list(pd.read_excel("/tmp/two.xlsx", sheet_name=None)) == ["one", "two"]
""",
    "html_tables": """
import io, pandas as pd

html = "<table><tr><th>a</th></tr><tr><td>7</td></tr></table>"
assert pd.read_html(io.StringIO(html))[0].a.tolist() == [7]
""",
    "xml_table": """
import io, pandas as pd

assert pd.read_xml(io.StringIO("<d><r><a>1</a></r><r><a>2</a></r></d>")).a.sum() == 3
""",
    "sql_table": """
import sqlite3, pandas as pd

with sqlite3.connect(":memory:") as connection:
    pd.DataFrame({"a": [1, 2]}).to_sql("t", connection, index=False)
    assert pd.read_sql("select sum(a) as s from t", connection).s[0] == 3
""",
    "to_markdown_like_text": """
import pandas as pd

df = pd.DataFrame({"a": [1], "b": [2]})
assert "a" in df.to_string() and "a&b" in df.to_csv(sep="&", index=False)
""",
    "stata_round_trip": """
import pandas as pd

pd.DataFrame({"a": [1, 2]}).to_stata("/tmp/t.dta", write_index=False)
assert pd.read_stata("/tmp/t.dta").a.tolist() == [1, 2]
""",
}
