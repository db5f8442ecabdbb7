"""Which columns of which tables does this SQL need? It is read word by word; what is odd needs all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""--[^\n]* | /\*.*?\*/ | '(?:[^']|'')*' | "(?P<quoted>(?:[^"]|"")*)" | (?P<word>[^\W\d]\w*)
    | \d[\w.]* | (?P<mark>\S)""",
    re.VERBOSE | re.DOTALL,
)
_ODD = frozenset(
    """columns pivot unpivot pivot_wider pivot_longer describe summarize natural positional asof table create
    insert update delete alter drop attach copy export import install load pragma set show call explain
    execute prepare lateral unnest sample macro function struct_pack row sniff_csv query
    query_table""".split()
)
"""Words after which a column may be meant that is not named: then all are needed."""
_BEFORE_ALL = frozenset("select distinct all".split())
_OF_FUNCTIONS = frozenset("extract substring trim position overlay".split())
_AFTER_TABLE = frozenset(
    """where group order having limit join left right inner full outer cross on using union except intersect
    window qualify as semi anti offset fetch tablesample""".split()
)


@dataclass(frozen=True)
class _Token:
    text: str
    """Of a name in lower case, else the mark."""
    is_name: bool
    quoted: bool = False


def names_in_sql(sql: str, tables: Mapping[str, Sequence[str]]) -> dict[str, set[str]] | None:
    """The columns by table; None: all may be needed. `df` is the first table."""
    tokens = _tokens(sql)
    if tokens is None or _is_odd(tokens):
        return None
    known = {name.lower(): name for name in tables}
    if tables and "df" not in known:
        known["df"] = next(iter(tables))
    words = {token.text for token in tokens if token.is_name}
    used = {known[word] for word in words if word in known}
    if _takes_rows_whole(tokens, set(known)):
        return None
    found: dict[str, set[str]] = {name: set() for name in tables}
    for name in used:
        columns = {column for column in tables[name] if column.lower() in words}
        found[name] = columns or set(tables[name][:1])
    return found


def _tokens(sql: str) -> list[_Token] | None:
    found = []
    for match in _TOKEN.finditer(sql):
        if match["quoted"] is not None:
            found.append(_Token(match["quoted"].replace('""', '"').lower(), True, quoted=True))
        elif match["word"]:
            found.append(_Token(match["word"].lower(), True))
        elif match["mark"]:
            found.append(_Token(match["mark"], False))
        elif not match[0].startswith(("--", "/*")):
            found.append(_Token("0", False))
    if any(token.text in ("'", "$", "#") and not token.is_name for token in found):
        return None  # a quote left open, text between dollars, or a column by its number
    return found


def _is_odd(tokens: Sequence[_Token]) -> bool:
    if any(token.is_name and not token.quoted and token.text in _ODD for token in tokens):
        return True
    return _has_star(tokens) or _selects_without_saying(tokens)


def _has_star(tokens: Sequence[_Token]) -> bool:
    """Whether a `*` stands for all columns: one that is neither `count(*)` nor a multiplication."""
    for place, token in enumerate(tokens):
        if token.is_name or token.text != "*":
            continue
        before = tokens[place - 1] if place else _Token("", False)
        earlier = tokens[place - 2] if place > 1 else _Token("", False)
        after = tokens[place + 1] if place + 1 < len(tokens) else _Token("", False)
        if before.text == "(" and earlier.text == "count" and after.text == ")":
            continue
        operand = before.text in (")", "0", "]") if not before.is_name else True
        if before.is_name and not before.quoted and before.text in _BEFORE_ALL:
            operand = False
        more = after.is_name and after.text not in ("from", "exclude", "replace", "rename", "like", "ilike")
        if not (operand and (more or after.text in ("(", "0", "-", "+"))):
            return True
    return False


def _selects_without_saying(tokens: Sequence[_Token]) -> bool:
    """Whether a FROM has no SELECT before it: DuckDB takes all columns then."""
    selected = [False]
    opened_by = [""]
    for place, token in enumerate(tokens):
        word = token.text if token.is_name and not token.quoted else ""
        if token.text == "(" and not token.is_name:
            before = tokens[place - 1].text if place else ""
            selected.append(False)
            opened_by.append(before)
        elif token.text == ")" and not token.is_name:
            if len(selected) == 1:
                return True
            selected.pop()
            opened_by.pop()
        elif word == "select":
            selected[-1] = True
        elif word in ("union", "except", "intersect") or token.text == ";":
            selected[-1] = False
        elif word == "from" and not selected[-1]:
            distinct = place and tokens[place - 1].text == "distinct"  # IS DISTINCT FROM
            if opened_by[-1] not in _OF_FUNCTIONS and not distinct:
                return True
    return False


def _takes_rows_whole(tokens: Sequence[_Token], known: set[str]) -> bool:
    """Whether a table or its other name stands where a value does: `count(t)`, `SELECT t FROM sales t`."""
    sources: set[int] = set()
    names = set(known)
    for place, token in enumerate(tokens):
        if not (token.is_name and token.text in known and _is_source(tokens, place)):
            continue
        sources.add(place)
        after = place + 1
        if after < len(tokens) and tokens[after].text == "as" and not tokens[after].quoted:
            after += 1
        if after < len(tokens) and tokens[after].is_name:
            alias = tokens[after]
            if alias.quoted or alias.text not in _AFTER_TABLE:
                names.add(alias.text)
                sources.add(after)
                if after + 1 < len(tokens) and tokens[after + 1].text == "(":
                    return True  # its columns are named anew
    for place, token in enumerate(tokens):
        if token.is_name and token.text in names and place not in sources:
            dotted = place + 1 < len(tokens) and tokens[place + 1].text == "."
            behind_dot = bool(place) and tokens[place - 1].text == "."
            if not dotted and not behind_dot:
                return True
    return False


def _is_source(tokens: Sequence[_Token], place: int) -> bool:
    before = tokens[place - 1] if place else None
    if before is None:
        return False
    if before.is_name and not before.quoted and before.text in ("from", "join"):
        return True
    if before.text != "," or before.is_name:
        return False
    # `FROM a, b`: back to the word that the list began with, within the same brackets.
    depth = 0
    for token in reversed(tokens[:place]):
        if token.text == ")" and not token.is_name:
            depth += 1
        elif token.text == "(" and not token.is_name:
            if depth == 0:
                return False
            depth -= 1
        elif depth == 0 and token.is_name and not token.quoted:
            if token.text == "from":
                return True
            if token.text in ("select", "by", "where", "having", "on", "using", "values", "with"):
                return False
    return False
