"""What do single pieces of Python that works on tables say: a mask, names of columns, a method?"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable

MASKS = frozenset(
    """isin isna notna isnull notnull between contains startswith endswith match fullmatch eq ne gt ge lt le
    duplicated""".split()
)
METHODS = frozenset(
    """abs add agg aggregate align all any apply applymap asfreq asof assign astype at at_time attrs axes
    backfill between_time bfill bool boxplot clip columns combine combine_first compare convert_dtypes
    copy corr corrwith count cov cummax cummin cumprod cumsum describe diff div divide dot drop
    drop_duplicates droplevel dropna dtypes duplicated empty eq equals eval ewm expanding explode ffill
    fillna filter first first_valid_index flags floordiv from_dict from_records ge get groupby gt head
    hist iat idxmax idxmin iloc index infer_objects info insert interpolate isetitem isin isna isnull
    items iterrows itertuples join keys kurt kurtosis last last_valid_index le loc lt map mask max mean
    median melt memory_usage merge min mod mode mul multiply ndim ne nlargest notna notnull nsmallest
    nunique pad pct_change pipe pivot pivot_table plot pop pow prod product quantile query radd rank
    rdiv reindex reindex_like rename rename_axis reorder_levels replace resample reset_index rfloordiv
    rmod rmul rolling round rpow rsub rtruediv sample select_dtypes sem set_axis set_flags set_index
    shape shift size skew sort_index sort_values squeeze stack std style sub subtract sum swapaxes
    swaplevel tail take to_clipboard to_csv to_dict to_excel to_feather to_gbq to_hdf to_html to_json
    to_latex to_markdown to_numpy to_orc to_parquet to_period to_pickle to_records to_sql to_stata
    to_string to_timestamp to_xarray to_xml transform transpose truediv truncate tz_convert tz_localize
    unstack update value_counts values var where xs""".split()
)
"""Of pandas' DataFrame: a column of such a name is not reached by a dot."""


def names_of_only(tree: ast.AST, is_one: Callable[[ast.AST], bool]) -> set[str]:
    """Names to which nothing is ever assigned but what `is_one` takes."""
    found: set[str] = set()
    others: set[str] = set()
    stored, plain = Counter[str](), Counter[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            (found if is_one(node.value) else others).add(name)
            plain[name] += 1
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stored[node.id] += 1
        elif isinstance(node, ast.arg):
            others.add(node.arg)
    return {name for name in found - others if stored[name] == plain[name]}


def is_mask(node: ast.AST, names: set[str]) -> bool:
    """Whether it surely chooses rows; `names` are those of earlier choices."""
    if isinstance(node, ast.Compare):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
        return is_mask(node.left, names) and is_mask(node.right, names)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return is_mask(node.operand, names)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in MASKS
    return isinstance(node, ast.Name) and node.id in names


def text_of(node: ast.AST) -> str | None:
    """The text that is written there; None: it is none."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def texts_of(node: ast.AST) -> list[str] | None:
    """The names in a text or a list of texts; None: it may be others."""
    items = node.elts if isinstance(node, ast.List) else [node]
    found = [text_of(item) for item in items]
    return [text for text in found if text is not None] if None not in found else None


def aggregated(node: ast.Call) -> list[str] | None:
    """The columns of `agg({"a": ...})` or `agg(name=("a", "sum"))`."""
    if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.Dict):
        keys = [text_of(key) if key is not None else None for key in node.args[0].keys]
        return [key for key in keys if key is not None] if None not in keys else None
    if node.args or not node.keywords:
        return None
    found = []
    for keyword in node.keywords:
        value = keyword.value
        if keyword.arg is None or not isinstance(value, ast.Tuple) or len(value.elts) != 2:
            return None
        column = text_of(value.elts[0])
        if column is None:
            return None
        found.append(column)
    return found


def arguments_of(node: ast.Call) -> list[ast.expr]:
    """All arguments of a call."""
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def may_name(node: ast.AST) -> bool:
    """Whether an argument could name a column."""
    return not (isinstance(node, ast.Constant) and not isinstance(node.value, str)) and not isinstance(
        node, ast.UnaryOp
    )
