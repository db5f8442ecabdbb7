"""Tables: read when asked for; SQL over them reaches nothing else."""

import duckdb
import pandas as pd
import pytest

from sandbox_image.tables import Source, Sql, Tables


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


ROWS = 300_000


@pytest.fixture
def in_parts(tmp_path):
    """A table of five columns, of which three are there, in parts of their own."""
    pd.DataFrame({"c": range(ROWS), "a": range(0, -ROWS, -1)}).to_parquet(
        tmp_path / "p1", row_group_size=7000
    )
    pd.DataFrame({"e": [str(i % 7) for i in range(ROWS)]}).to_parquet(tmp_path / "p2", row_group_size=11_000)
    files = [{"path": "p1", "columns": ["c", "a"]}, {"path": "p2", "columns": ["e"]}]
    return Source.of({"columns": list("abcde"), "files": files}, tmp_path)


def test_a_table_in_parts_has_the_columns_that_are_there_in_their_order(in_parts):
    frame = Tables({"big": in_parts})["big"]
    assert frame.columns.tolist() == ["a", "c", "e"]
    assert (frame["a"] == -frame["c"]).all()
    assert (frame["e"] == (frame["c"] % 7).astype(str)).all()


def test_sql_keeps_the_rows_of_parts_together(in_parts):
    sql = Sql({"big": in_parts}, threads=4, memory_bytes=1 << 30)
    assert sql("SELECT * FROM big LIMIT 1").to_dict("list") == {"a": [0], "c": [0], "e": ["0"]}
    wrong = "SELECT count(*) AS n FROM big WHERE a + c <> 0 OR e <> (c % 7)::VARCHAR"
    assert sql(wrong)["n"][0] == 0
    assert sql("SELECT min(c) AS n FROM big WHERE e = '3' AND a < -200000")["n"][0] == 200_007
    assert sql("SELECT e FROM big ORDER BY c DESC LIMIT 1")["e"][0] == str((ROWS - 1) % 7)


def test_a_table_of_which_no_column_is_there_says_so(tmp_path):
    empty = Source.of({"columns": ["a"], "files": []}, tmp_path)
    with pytest.raises(KeyError, match="none of the table's columns is loaded"):
        Tables({"big": empty})["big"]
    with pytest.raises(duckdb.CatalogException, match="big"):
        Sql({"big": empty}, threads=1, memory_bytes=None)("SELECT 1 FROM big")
