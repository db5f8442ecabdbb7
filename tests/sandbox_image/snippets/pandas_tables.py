"""Everyday pandas: making, choosing, grouping, joining."""

SNIPPETS = {
    "frame_from_dict": """
import pandas as pd

df = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz")})
assert df.shape == (3, 2) and df["a"].sum() == 6
""",
    "frame_from_records": """
import pandas as pd

df = pd.DataFrame.from_records([{"a": 1}, {"a": 2, "b": 3}])
assert df["b"].isna().sum() == 1
""",
    "loc_and_iloc": """
import pandas as pd

df = pd.DataFrame({"v": [10, 20, 30]}, index=list("abc"))
assert df.loc["b", "v"] == df.iloc[1, 0] == 20
""",
    "boolean_mask": """
import pandas as pd

df = pd.DataFrame({"n": range(10)})
assert df[(df.n > 3) & (df.n % 2 == 0)].n.tolist() == [4, 6, 8]
""",
    "query": """
import pandas as pd

df = pd.DataFrame({"n": range(10), "k": ["x", "y"] * 5})
assert len(df.query("n >= 4 and k == 'x'")) == 3
""",
    "eval_new_column": """
import pandas as pd

df = pd.DataFrame({"a": [1, 2], "b": [3, 4]}).eval("c = a * b")
assert df.c.tolist() == [3, 8]
""",
    "assign_chain": """
import pandas as pd

df = pd.DataFrame({"price": [2.0, 3.0], "n": [5, 4]}).assign(total=lambda t: t.price * t.n)
assert df.total.tolist() == [10.0, 12.0]
""",
    "sort_values_two_keys": """
import pandas as pd

df = pd.DataFrame({"a": [2, 1, 2], "b": [1, 5, 0]}).sort_values(["a", "b"], ascending=[True, False])
assert df.b.tolist() == [5, 1, 0]
""",
    "nlargest": """
import pandas as pd

assert pd.Series([3, 9, 4, 7]).nlargest(2).tolist() == [9, 7]
""",
    "rank_dense": """
import pandas as pd

assert pd.Series([10, 20, 20, 30]).rank(method="dense").tolist() == [1, 2, 2, 3]
""",
    "value_counts": """
import pandas as pd

assert pd.Series(list("abaca")).value_counts().to_dict() == {"a": 3, "b": 1, "c": 1}
""",
    "groupby_sum": """
import pandas as pd

df = pd.DataFrame({"k": list("aab"), "v": [1, 2, 3]})
assert df.groupby("k").v.sum().to_dict() == {"a": 3, "b": 3}
""",
    "groupby_named_aggregation": """
import pandas as pd

df = pd.DataFrame({"k": list("aab"), "v": [1, 2, 3]})
out = df.groupby("k").agg(low=("v", "min"), mean=("v", "mean"))
assert out.loc["a"].tolist() == [1.0, 1.5]
""",
    "groupby_transform": """
import pandas as pd

df = pd.DataFrame({"k": list("aab"), "v": [1, 3, 5]})
assert (df.v - df.groupby("k").v.transform("mean")).tolist() == [-1, 1, 0]
""",
    "groupby_apply": """
import pandas as pd

df = pd.DataFrame({"k": list("aab"), "v": [1, 3, 5]})
out = df.groupby("k")["v"].apply(lambda v: v.max() - v.min())
assert out.tolist() == [2, 0]
""",
    "groupby_two_keys_unstack": """
import pandas as pd

df = pd.DataFrame({"a": list("xxy"), "b": list("pqp"), "v": [1, 2, 3]})
assert df.groupby(["a", "b"]).v.sum().unstack(fill_value=0).loc["y"].tolist() == [3, 0]
""",
    "groupby_cumsum_and_shift": """
import pandas as pd

df = pd.DataFrame({"k": list("aabb"), "v": [1, 2, 3, 4]})
assert df.groupby("k").v.cumsum().tolist() == [1, 3, 3, 7]
assert df.groupby("k").v.shift().isna().tolist() == [True, False, True, False]
""",
    "pivot_table_with_margins": """
import pandas as pd

df = pd.DataFrame({"r": list("aab"), "c": list("xyx"), "v": [1, 2, 4]})
out = df.pivot_table(index="r", columns="c", values="v", aggfunc="sum", fill_value=0, margins=True)
assert out.loc["All", "All"] == 7
""",
    "pivot_and_melt": """
import pandas as pd

long = pd.DataFrame({"id": [1, 1, 2, 2], "k": list("abab"), "v": [1, 2, 3, 4]})
wide = long.pivot(index="id", columns="k", values="v").reset_index()
assert wide.melt(id_vars="id").value.sum() == 10
""",
    "crosstab_normalised": """
import pandas as pd

out = pd.crosstab(pd.Series(list("aab")), pd.Series(list("xyx")), normalize="index")
assert out.loc["a"].tolist() == [0.5, 0.5]
""",
    "merge_left": """
import pandas as pd

left = pd.DataFrame({"id": [1, 2, 3]})
right = pd.DataFrame({"id": [1, 3], "name": ["one", "three"]})
out = left.merge(right, on="id", how="left", indicator=True)
assert out._merge.tolist() == ["both", "left_only", "both"]
""",
    "merge_asof": """
import pandas as pd

trades = pd.DataFrame({"t": [2, 5, 9]})
quotes = pd.DataFrame({"t": [1, 4, 8], "bid": [10, 11, 12]})
assert pd.merge_asof(trades, quotes, on="t").bid.tolist() == [10, 11, 12]
""",
    "concat_and_keys": """
import pandas as pd

a, b = pd.DataFrame({"v": [1]}), pd.DataFrame({"v": [2]})
assert pd.concat({"a": a, "b": b}).loc["b"].v.tolist() == [2]
""",
    "join_on_index": """
import pandas as pd

a = pd.DataFrame({"x": [1, 2]}, index=["p", "q"])
assert a.join(pd.Series([5], index=["q"], name="y")).y.fillna(0).tolist() == [0, 5]
""",
    "drop_duplicates": """
import pandas as pd

df = pd.DataFrame({"a": [1, 1, 2], "b": [3, 4, 5]})
assert df.drop_duplicates("a", keep="last").b.tolist() == [4, 5]
""",
    "fillna_interpolate_ffill": """
import numpy as np, pandas as pd

s = pd.Series([1.0, np.nan, 3.0, np.nan])
assert s.interpolate().tolist() == [1, 2, 3, 3] and s.ffill().iloc[1] == 1
""",
    "to_numeric_coerce": """
import pandas as pd

assert pd.to_numeric(pd.Series(["1", "x", "3.5"]), errors="coerce").isna().sum() == 1
""",
}
