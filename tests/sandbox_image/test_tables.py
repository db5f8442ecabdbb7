"""Tables: read when asked for; SQL over them reaches nothing else."""

import duckdb
import pandas as pd
import pytest

from sandbox_image.tables import Sql, Tables


@pytest.fixture
def paths(tmp_path):
    frame = pd.DataFrame({"city": ["a", "b", "b"], "n": [1, 2, 3]})
    frame.to_parquet(tmp_path / "sales.parquet")
    pd.DataFrame({"city": ["a"], "name": ["Aa"]}).to_parquet(tmp_path / "odd name.parquet")
    (tmp_path / "secret.csv").write_text("x\n1\n")
    return {"sales": tmp_path / "sales.parquet", 'o"dd': tmp_path / "odd name.parquet"}


def test_a_table_is_read_once_and_by_name(paths):
    tables = Tables(paths)
    assert list(tables) == ["sales", 'o"dd']
    assert tables["sales"] is tables["sales"]
    assert tables["sales"]["n"].sum() == 6
    with pytest.raises(KeyError, match="sales"):
        tables["nope"]


def test_sql_joins_tables_and_sums_exactly(paths):
    sql = Sql(paths, threads=1, memory_bytes=1 << 30)
    frame = sql('SELECT city, sum(n) AS "the sum" FROM sales GROUP BY city ORDER BY city')
    assert frame.to_dict("list") == {"city": ["a", "b"], "the sum": [1, 5]}
    assert frame["the sum"].dtype == "int64"
    assert sql('SELECT count(*) AS c FROM df JOIN "o""dd" USING (city)')["c"][0] == 1


def test_sql_keeps_sums_beyond_64_bits(paths):
    sql = Sql(paths, threads=1, memory_bytes=None)
    assert sql("SELECT sum(9000000000000000000::HUGEINT) AS s FROM sales")["s"][0] == pytest.approx(2.7e19)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{dir}/secret.csv')",
        "SELECT * FROM '{dir}/secret.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('{dir}/*')",
        "COPY (SELECT 1) TO '{dir}/out.csv'",
        "ATTACH '{dir}/new.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET threads = 8",
        "SELECT * FROM read_parquet('{dir}/../' || 'x')",
    ],
)
def test_sql_reaches_no_other_file_and_no_setting(paths, tmp_path, query):
    sql = Sql(paths, threads=1, memory_bytes=None)
    with pytest.raises(duckdb.Error):
        sql(query.replace("{dir}", str(tmp_path)))
    assert not (tmp_path / "out.csv").exists()


def test_no_tables_is_no_trouble():
    assert Sql({}, threads=1, memory_bytes=None)("SELECT 1 AS one")["one"][0] == 1
    assert repr(Tables({})) == "<tables: none>"
