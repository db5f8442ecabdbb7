"""The columns that code surely names; all of them wherever that is not sure."""

import pytest

from worker.analysis.columns_named import columns_named

TABLES = {"sales": ["a", "b", "c", "price", "size", "date"], "shops": ["a", "k"]}
ALL = set(TABLES["sales"])

NAMED = {
    'result = df.groupby("a")["b"].mean().sort_values(ascending=False)': {"a", "b"},
    'df.groupby(["a", "b"]).agg(x=("c", "sum"))': {"a", "b", "c"},
    'df.groupby("a").agg({"b": "sum"})': {"a", "b"},
    'df.groupby("a").size()': {"a"},
    'df.groupby(df["date"].dt.year)["b"].sum()': {"b", "date"},
    'month = df["date"].dt.strftime("%Y-%m").rename("month")\nresult = df.groupby(month)["b"].sum()': {
        "b",
        "date",
    },
    'rows = df[df["a"] > 3]\nresult = rows["b"].sum()': {"a", "b"},
    'mask = df["a"] > 1\nresult = df[mask]["c"].sum()': {"a", "c"},
    'df.loc[df["a"] == 1, "b"].sum()': {"a", "b"},
    'df.sort_values("a").head(3)[["a", "b"]]': {"a", "b"},
    'df.dropna(subset=["a"])["b"].sum()': {"a", "b"},
    'df.pivot_table(values="a", index="b", aggfunc="sum")': {"a", "b"},
    'df["n"] = df["a"] * 2\nresult = df.groupby("b")["n"].sum()': {"a", "b"},
    "df.price.mean()": {"price"},
    'sql("select sum(price) from df")': {"price"},
    "len(df)": {"a"},
    "df.shape[0]": {"a"},
    "1 + 1": set(),
}
WHOLE = [
    "result = df",
    "df.head()",
    "df.shape",
    "df.size",
    "df.columns",
    "df.describe()",
    'col = "a"\ndf[col]',
    'by = df["date"].dt.year\nby = "a"\ndf.groupby(by)["b"].sum()',
    'by = df["date"].dt.year\nfor by in ["a"]: df.groupby(by)["b"].sum()',
    'rows = df[df["a"] > 3]\nresult = rows',
    'df.nlargest(3, "a")',
    'df.query("a > 1")["b"]',
    "for c in df: print(c)",
    'def f(d): return d["a"]\nresult = f(df)',
    'import duckdb\nduckdb.sql("select b from df")',
    'name = "df"\nglobals()[name]',
    'sql("select * from sales")',
    'q = "select a from sales"\nsql(q)',
    'df.merge(tables["shops"], on="a")["k"]',
    "for name in tables: print(tables[name])",
    'pd.get_dummies(df)["a"]',
    "df.iloc[:, 0]",
    'result = df.loc[:, "a":"c"]',
    'x = df if True else None\nx["a"]',
    "df[",
]
SQL_NAMED = {
    "select a, sum(b) from sales group by a": {"a", "b"},
    "select count(*) from sales": {"a"},
    'select "PRICE" * 2 from df': {"price"},
    "select s.a from sales s join shops k using (a)": {"a"},
    "with t as (select a from sales) select a from t": {"a"},
    "select extract(year from date) from sales": {"date"},
    "select a is distinct from b from sales": {"a", "b"},
    "select 'price' as x from sales -- size": {"a"},
}
SQL_WHOLE = [
    "select * from sales",
    "select a, * from sales",
    "select s.* from sales s",
    "from sales",
    "select s from sales s",
    "select count(s) from sales s",
    "summarize sales",
    "select columns('p.*') from sales",
    "select #1 from sales",
    "select x from sales as t(x)",
    "select a from sales natural join shops",
    "pivot sales on a using sum(b)",
]


@pytest.mark.parametrize("code", NAMED)
def test_python_names_columns(code):
    assert columns_named([code], "python", TABLES)["sales"] == NAMED[code]


@pytest.mark.parametrize("code", WHOLE)
def test_any_other_use_needs_the_whole_table(code):
    assert columns_named([code], "python", TABLES)["sales"] == ALL


@pytest.mark.parametrize("query", SQL_NAMED)
def test_sql_names_columns(query):
    assert columns_named([query], "sql", TABLES)["sales"] == SQL_NAMED[query]


@pytest.mark.parametrize("query", SQL_WHOLE)
def test_sql_that_may_mean_others_needs_all(query):
    assert columns_named([query], "sql", TABLES)["sales"] == ALL


def test_a_name_of_an_earlier_attempt_is_still_a_table():
    codes = ['rows = df[df["a"] > 3]', "print(rows)"]
    assert columns_named(codes, "python", TABLES)["sales"] == ALL


def test_a_table_that_is_not_used_has_no_column():
    assert columns_named(['tables["shops"]["k"].nunique()'], "python", TABLES) == {
        "sales": set(),
        "shops": {"k"},
    }
