"""Everyday pyarrow and sqlite3."""

SNIPPETS = {
    "arrow_table": """
import pyarrow as pa

table = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]})
assert table.num_rows == 3 and table["b"].null_count == 1
""",
    "arrow_compute": """
import pyarrow as pa, pyarrow.compute as pc

a = pa.array([1, 2, None, 4])
assert pc.sum(a).as_py() == 7 and pc.mean(a).as_py() == 7 / 3
""",
    "arrow_group_by": """
import pyarrow as pa

found = pa.table({"k": list("aab"), "v": [1, 2, 3]}).group_by("k").aggregate([("v", "sum")]).sort_by("k")
assert found["v_sum"].to_pylist() == [3, 3]
""",
    "arrow_join_and_filter": """
import pyarrow as pa, pyarrow.compute as pc

left, right = pa.table({"i": [1, 2]}), pa.table({"i": [2, 3], "s": ["b", "c"]})
assert left.join(right, "i", join_type="inner")["s"].to_pylist() == ["b"]
assert left.filter(pc.field("i") > 1).num_rows == 1
""",
    "arrow_parquet_compressions": """
import pyarrow as pa, pyarrow.parquet as pq

table = pa.table({"a": list(range(1000))})
for name in ("snappy", "gzip", "zstd", "brotli", "lz4"):
    pq.write_table(table, "/tmp/c.parquet", compression=name)
    assert pq.read_table("/tmp/c.parquet").equals(table)
""",
    "arrow_parquet_row_groups_and_metadata": """
import pyarrow as pa, pyarrow.parquet as pq

pq.write_table(pa.table({"a": list(range(100))}), "/tmp/g.parquet", row_group_size=25)
file = pq.ParquetFile("/tmp/g.parquet")
assert file.num_row_groups == 4 and file.metadata.row_group(1).column(0).statistics.min == 25
""",
    "arrow_dataset_in_parts": """
import pyarrow as pa, pyarrow.dataset as ds

table = pa.table({"y": [2023, 2024, 2024], "v": [1, 2, 3]})
ds.write_dataset(
    table, "/tmp/parts", format="parquet", partitioning=["y"], existing_data_behavior="overwrite_or_ignore"
)
found = ds.dataset("/tmp/parts", partitioning=["y"]).to_table(filter=ds.field("y") == 2024)
assert sorted(found["v"].to_pylist()) == [2, 3]
""",
    "arrow_csv_with_threads": """
import io, pyarrow.csv as csv

data = b"a,b\\n" + b"".join(b"%d,%d\\n" % (n, n) for n in range(20000))
options = csv.ReadOptions(use_threads=True, block_size=16384)
assert csv.read_csv(io.BytesIO(data), read_options=options)["b"].to_pylist()[-1] == 19999
""",
    "arrow_json": """
import io, pyarrow.json as json

assert json.read_json(io.BytesIO(b'{"a": 1}\\n{"a": 2}\\n'))["a"].to_pylist() == [1, 2]
""",
    "arrow_ipc_stream": """
import pyarrow as pa

sink, table = pa.BufferOutputStream(), pa.table({"a": [1, 2]})
with pa.ipc.new_stream(sink, table.schema) as writer:
    writer.write_table(table)
assert pa.ipc.open_stream(sink.getvalue()).read_all().equals(table)
""",
    "arrow_memory_map": """
import pyarrow as pa, pyarrow.feather as feather

feather.write_feather(pa.table({"a": list(range(100))}), "/tmp/m.arrow", compression="uncompressed")
assert feather.read_table("/tmp/m.arrow", memory_map=True)["a"][99].as_py() == 99
""",
    "arrow_thread_pools": """
import pyarrow as pa

before = pa.cpu_count()
pa.set_cpu_count(4)
assert pa.cpu_count() == 4 and pa.io_thread_count() >= 1
pa.set_cpu_count(before)
""",
    "arrow_pandas_with_threads": """
import pandas as pd, pyarrow as pa

df = pd.DataFrame({f"c{n}": range(1000) for n in range(20)})
assert pa.Table.from_pandas(df, nthreads=4).to_pandas(use_threads=True).equals(df)
""",
    "arrow_numpy_and_dictionaries": """
import numpy as np, pyarrow as pa

assert pa.array(np.arange(4.0)).to_numpy().sum() == 6
assert pa.array(list("aba")).dictionary_encode().dictionary.to_pylist() == ["a", "b"]
""",
    "arrow_nested_and_cast": """
import pyarrow as pa

a = pa.array([{"x": 1, "l": [1, 2]}, {"x": 2, "l": []}])
assert a.field("x").cast(pa.float32()).to_pylist() == [1.0, 2.0] and a.flatten()[1].to_pylist()
""",
    "arrow_memory_pool": """
import pyarrow as pa

assert pa.default_memory_pool().backend_name in ("jemalloc", "mimalloc", "system")
assert pa.total_allocated_bytes() >= 0
""",
    "sqlite_table_in_memory": """
import sqlite3

with sqlite3.connect(":memory:") as connection:
    connection.execute("create table t(n)")
    connection.executemany("insert into t values (?)", [(n,) for n in range(10)])
    assert connection.execute("select sum(n) from t").fetchone() == (45,)
""",
    "sqlite_file_with_a_write_ahead_log": """
import sqlite3

connection = sqlite3.connect("/work/tmp/w.db")
assert connection.execute("pragma journal_mode=wal").fetchone() == ("wal",)
connection.execute("create table if not exists t(n)")
connection.execute("insert into t values (1)")
connection.commit()
assert sqlite3.connect("/work/tmp/w.db").execute("select count(*) from t").fetchone()[0] >= 1
connection.close()
""",
    "sqlite_rows_and_functions": """
import sqlite3

connection = sqlite3.connect(":memory:")
connection.row_factory = sqlite3.Row
connection.create_function("twice", 1, lambda n: n * 2)
assert connection.execute("select twice(4) as eight").fetchone()["eight"] == 8
""",
    "sqlite_transactions_roll_back": """
import sqlite3

connection = sqlite3.connect(":memory:")
connection.execute("create table t(n unique)")
try:
    with connection:
        connection.executemany("insert into t values (?)", [(1,), (1,)])
except sqlite3.IntegrityError:
    pass
assert connection.execute("select count(*) from t").fetchone() == (0,)
""",
    "sqlite_windows_and_json": """
import sqlite3

connection = sqlite3.connect(":memory:")
assert connection.execute("select json_extract('{\\"a\\": [1, 2]}', '$.a[1]')").fetchone() == (2,)
""",
    "sqlite_backup_and_dump": """
import sqlite3

one, two = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
one.executescript("create table t(n); insert into t values (7);")
one.backup(two)
assert two.execute("select n from t").fetchone() == (7,) and "INSERT INTO" in "".join(one.iterdump())
""",
    "sqlite_full_text": """
import sqlite3

connection = sqlite3.connect(":memory:")
connection.execute("create virtual table d using fts5(body)")
connection.execute("insert into d values ('green tea')")
assert connection.execute("select count(*) from d where d match 'tea'").fetchone() == (1,)
""",
}
