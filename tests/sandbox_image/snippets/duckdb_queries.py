"""Everyday duckdb."""

SNIPPETS = {
    "scalar": """
import duckdb

assert duckdb.sql("select 6 * 7").fetchall() == [(42,)]
""",
    "over_a_frame": """
import duckdb, pandas as pd

sales = pd.DataFrame({"k": list("aab"), "v": [1, 2, 3]})
assert duckdb.sql("select k, sum(v) s from sales group by k order by k").fetchall() == [("a", 3), ("b", 3)]
""",
    "back_to_a_frame": """
import duckdb

assert duckdb.sql("select range n from range(5)").df().n.sum() == 10
""",
    "four_threads": """
import duckdb

with duckdb.connect(config={"threads": 4}) as connection:
    assert connection.sql("select sum(range) from range(2_000_000)").fetchall()[0][0] == 1999999000000
""",
    "parquet_files": """
import duckdb

duckdb.sql("copy (select range n from range(100)) to '/tmp/n.parquet' (format parquet)")
assert duckdb.sql("select count(*) from '/tmp/n.parquet' where n < 10").fetchall() == [(10,)]
""",
    "csv_files": """
import duckdb, pathlib

pathlib.Path("/tmp/d.csv").write_text("a,b\\n1,x\\n2,y\\n")
assert duckdb.sql("select max(a) from read_csv('/tmp/d.csv')").fetchall() == [(2,)]
""",
    "window_functions": """
import duckdb

rows = duckdb.sql("select n, sum(n) over (order by n) from (values (1), (2), (3)) t(n)").fetchall()
assert rows == [(1, 1), (2, 3), (3, 6)]
""",
    "joins_and_ctes": """
import duckdb

assert duckdb.sql(
    "with a as (select 1 i), b as (select 1 i, 'x' s) select s from a join b using (i)"
).fetchall() == [("x",)]
""",
    "pivot": """
import duckdb

found = duckdb.sql("pivot (values ('a', 1), ('b', 2)) t(k, v) on k using sum(v)").fetchall()
assert found == [(1, 2)]
""",
    "database_file": """
import duckdb

with duckdb.connect("/work/tmp/t.duckdb") as connection:
    connection.execute("create or replace table t as select range n from range(1000)")
with duckdb.connect("/work/tmp/t.duckdb", read_only=True) as connection:
    assert connection.sql("select avg(n) from t").fetchall() == [(499.5,)]
""",
    "parameters": """
import duckdb

assert duckdb.execute("select ? + ?", [1, 2]).fetchall() == [(3,)]
""",
    "transactions": """
import duckdb

with duckdb.connect() as connection:
    connection.execute("create table t(n int)")
    connection.begin()
    connection.execute("insert into t values (1)")
    connection.rollback()
    assert connection.sql("select count(*) from t").fetchall() == [(0,)]
""",
    "python_function": """
import duckdb

with duckdb.connect() as connection:
    connection.create_function("twice", lambda n: n * 2, ["BIGINT"], "BIGINT")
    assert connection.sql("select twice(21)").fetchall() == [(42,)]
""",
    "to_arrow": """
import duckdb

table = duckdb.sql("select range n from range(10)").to_arrow_table()
assert table.num_rows == 10
""",
    "over_arrow_and_numpy": """
import duckdb, numpy as np, pyarrow as pa

table = pa.table({"n": np.arange(10)})
assert duckdb.from_arrow(table).sum("n").fetchall() == [(45,)]
""",
    "dates_and_strings": """
import duckdb

assert duckdb.sql("select strftime(date '2024-02-29', '%Y-%m'), upper('x')").fetchall() == [
    ("2024-02", "X")
]
""",
    "quantiles_and_lists": """
import duckdb

assert duckdb.sql(
    "select median(n), list(n order by n)[1] from (values (3), (1), (2)) t(n)"
).fetchall() == [(2.0, 1)]
""",
    "regular_expressions_and_json": """
import duckdb

assert duckdb.sql("select regexp_extract('a12', '[0-9]+')").fetchall() == [("12",)]
""",
    "spills_to_a_folder": """
import duckdb

with duckdb.connect(
    config={"memory_limit": "200MB", "threads": 2, "temp_directory": "/work/tmp/spill"}
) as connection:
    rows = (
        connection.sql("select range n, hash(range) h from range(500_000) order by h").limit(1).fetchall()
    )
assert len(rows) == 1
""",
    "cursors_in_threads": """
import duckdb
from concurrent.futures import ThreadPoolExecutor

connection = duckdb.connect()
with ThreadPoolExecutor(4) as pool:
    assert (
        sum(pool.map(lambda n: connection.cursor().execute(f"select {n}").fetchall()[0][0], range(10)))
        == 45
    )
""",
    "summarize": """
import duckdb

assert len(duckdb.sql("summarize select range n from range(5)").fetchall()) == 1
""",
}
