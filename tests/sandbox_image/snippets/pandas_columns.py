"""Everyday pandas: text, dates, windows, types."""

SNIPPETS = {
    "string_methods": """
import pandas as pd

s = pd.Series([" Ann Lee", "Bob Ray "]).str.strip().str.lower()
assert s.str.split(" ", expand=True)[1].tolist() == ["lee", "ray"]
""",
    "string_extract": """
import pandas as pd

out = pd.Series(["a1", "b22"]).str.extract(r"([a-z])(\\d+)")
assert out[1].astype(int).sum() == 23
""",
    "string_contains_and_replace": """
import pandas as pd

s = pd.Series(["$1,200", "$30"])
assert s.str.replace(r"[$,]", "", regex=True).astype(float).sum() == 1230
""",
    "categories_ordered": """
import pandas as pd

s = pd.Categorical(["low", "high", "low"], categories=["low", "high"], ordered=True)
assert s.max() == "high" and s.codes.tolist() == [0, 1, 0]
""",
    "cut_and_qcut": """
import pandas as pd

s = pd.Series(range(1, 9))
assert pd.cut(s, [0, 4, 8], labels=["a", "b"]).value_counts()["a"] == 4
assert pd.qcut(s, 4, labels=False).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
""",
    "get_dummies": """
import pandas as pd

assert pd.get_dummies(pd.Series(list("aba"))).sum().to_dict() == {"a": 2, "b": 1}
""",
    "map_and_replace": """
import pandas as pd

s = pd.Series(["y", "n", "y"])
assert s.map({"y": 1, "n": 0}).sum() == s.eq("y").sum() == 2
""",
    "apply_rows": """
import pandas as pd

df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
assert df.apply(lambda row: row.a + row.b, axis=1).tolist() == [4, 6]
""",
    "explode_lists": """
import pandas as pd

df = pd.DataFrame({"id": [1, 2], "tags": [["a", "b"], ["c"]]}).explode("tags")
assert df.id.tolist() == [1, 1, 2]
""",
    "json_normalize": """
import pandas as pd

df = pd.json_normalize([{"a": {"b": 1}, "c": 2}])
assert df.columns.tolist() == ["c", "a.b"] or set(df.columns) == {"c", "a.b"}
""",
    "multi_index_slice": """
import pandas as pd

df = pd.DataFrame({"v": range(4)}, index=pd.MultiIndex.from_product([["a", "b"], [1, 2]]))
assert df.xs(2, level=1).v.tolist() == [1, 3]
""",
    "stack_unstack": """
import pandas as pd

df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
assert df.stack().unstack().equals(df)
""",
    "describe": """
import pandas as pd

assert pd.Series([1, 2, 3, 4]).describe()["50%"] == 2.5
""",
    "corr_and_cov": """
import pandas as pd

df = pd.DataFrame({"a": [1, 2, 3], "b": [2, 4, 6]})
assert round(df.corr().loc["a", "b"], 9) == 1 and df.cov().loc["a", "a"] == 1
""",
    "quantile_and_std": """
import pandas as pd

s = pd.Series([1, 2, 3, 4, 5])
assert s.quantile(0.9) == 4.6 and round(s.std(), 4) == 1.5811
""",
    "rolling_mean": """
import pandas as pd

assert pd.Series([1, 2, 3, 4]).rolling(2).mean().dropna().tolist() == [1.5, 2.5, 3.5]
""",
    "expanding_and_ewm": """
import pandas as pd

s = pd.Series([1.0, 2.0, 3.0])
assert s.expanding().sum().tolist() == [1, 3, 6] and s.ewm(alpha=0.5).mean().iloc[-1] > 2
""",
    "cumulative_and_pct_change": """
import pandas as pd

s = pd.Series([100.0, 110.0, 99.0])
assert s.pct_change().round(2).dropna().tolist() == [0.1, -0.1] and s.cummax().iloc[-1] == 110
""",
    "diff_and_clip": """
import pandas as pd

assert pd.Series([1, 4, 9]).diff().clip(upper=4).fillna(0).tolist() == [0, 3, 4]
""",
    "to_datetime_formats": """
import pandas as pd

assert pd.to_datetime("31/12/2023", dayfirst=True) == pd.Timestamp(2023, 12, 31)
""",
    "resample_monthly": """
import pandas as pd

s = pd.Series(1, index=pd.date_range("2024-01-01", periods=60, freq="D"))
assert s.resample("MS").sum().tolist() == [31, 29]
""",
    "dt_accessor": """
import pandas as pd

s = pd.Series(pd.date_range("2024-02-28", periods=3))
assert s.dt.day_name().tolist()[1] == "Thursday" and s.dt.quarter.eq(1).all()
""",
    "time_zones": """
import pandas as pd

t = pd.Timestamp("2024-07-01 12:00", tz="UTC").tz_convert("Europe/Berlin")
assert t.hour == 14
""",
    "business_days_and_offsets": """
import pandas as pd

assert pd.Timestamp("2024-03-29") + pd.offsets.BDay(1) == pd.Timestamp("2024-04-01")
assert pd.Timestamp("2024-01-31") + pd.DateOffset(months=1) == pd.Timestamp("2024-02-29")
""",
    "periods": """
import pandas as pd

assert str(pd.Period("2024Q1", freq="Q") + 1) == "2024Q2"
""",
    "timedelta_arithmetic": """
import pandas as pd

gap = pd.Timestamp("2024-01-03") - pd.Timestamp("2024-01-01")
assert gap == pd.Timedelta(days=2) and gap.total_seconds() == 172800
""",
    "nullable_integers": """
import pandas as pd

s = pd.array([1, None, 3], dtype="Int64")
assert s.sum() == 4 and s.isna().tolist() == [False, True, False]
""",
    "arrow_strings": """
import pandas as pd

s = pd.Series(["a", "bb", None], dtype="string[pyarrow]")
assert s.str.len().sum() == 3
""",
    "convert_dtypes_and_memory": """
import pandas as pd

df = pd.DataFrame({"a": ["1", "2"]}).convert_dtypes()
assert df.memory_usage(deep=True).sum() > 0 and str(df.a.dtype).startswith("string")
""",
    "compare_frames": """
import pandas as pd

a = pd.DataFrame({"v": [1, 2]})
assert a.compare(a.replace(2, 3)).shape == (1, 2)
""",
    "where_and_mask": """
import pandas as pd

s = pd.Series([1, -2, 3])
assert s.where(s > 0, 0).tolist() == s.mask(s < 0, 0).tolist() == [1, 0, 3]
""",
    "sample_with_seed": """
import pandas as pd

df = pd.DataFrame({"n": range(100)})
assert df.sample(5, random_state=1).n.tolist() == df.sample(5, random_state=1).n.tolist()
""",
    "idxmax_and_set_index": """
import pandas as pd

df = pd.DataFrame({"city": ["a", "b"], "t": [3, 9]}).set_index("city")
assert df.t.idxmax() == "b"
""",
    "wide_to_long": """
import pandas as pd

df = pd.DataFrame({"id": [1], "y1": [5], "y2": [6]})
assert pd.wide_to_long(df, "y", "id", "n").y.tolist() == [5, 6]
""",
    "large_groupby": """
import numpy as np, pandas as pd

df = pd.DataFrame({"k": np.arange(200_000) % 97, "v": 1})
assert df.groupby("k").v.sum().sum() == 200_000
""",
    "styler_to_html": """
import pandas as pd

assert "<table" in pd.DataFrame({"a": [1]}).to_html()
""",
    "interval_index": """
import pandas as pd

index = pd.IntervalIndex.from_breaks([0, 10, 20])
assert index.get_loc(15) == 1
""",
    "factorize_and_unique": """
import pandas as pd

codes, names = pd.factorize(pd.Series(list("bab")))
assert codes.tolist() == [0, 1, 0] and names.tolist() == ["b", "a"]
""",
}
