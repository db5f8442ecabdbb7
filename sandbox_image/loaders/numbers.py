"""In which ways may a column write its numbers?"""

from __future__ import annotations

import re

from .engine import quote
from .hypotheses import Hypothesis

_CODES = (
    "USD|EUR|GBP|CHF|JPY|CNY|RMB|INR|CAD|AUD|NZD|SGD|HKD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL|RUB|TRY|ZAR|MXN|KRW|THB"
    "|Euro|Rs\\.?|kr\\.?|zł|Kč|Ft|lei|руб\\.?|р\\.|元|円|원"
)
_DOLLARS = "(?:(?<![A-Za-z])(?:US|CA|AU|HK|NZ|NT|R|A|C|S))?\\$"
_CURRENCY = re.compile(f"{_DOLLARS}|[€£¥￥₹₩₽₺₫฿₴₦₪]|(?<![A-Za-z])(?:{_CODES})(?![A-Za-z])")
_DIGIT = re.compile("[0-9]")
# (thousands, decimal), the plainest first: where two fit, the order is the preference. `lakh` is 1,23,456.
_LAKH = ",,"
_STYLES = (
    ("", "."), (",", "."), ("", ","), (".", ","), (" ", ","), (" ", "."), ("'", "."), ("'", ","),
    (_LAKH, "."),
)  # fmt: skip
_SEPARATOR = {"": "", ",": ",", ".": r"\.", " ": "[ \u00a0\u202f\u2009]", "'": "['\u2019]", _LAKH: ","}
_SAID = {",": "comma", ".": "point", " ": "space", "'": "apostrophe", _LAKH: "comma (1,23,456)"}
# All its dots or commas stand before three digits: thousands or decimals, the column cannot tell.
AMBIGUOUS_COMMA = re.compile(r"[^0-9]*[1-9][0-9]{0,2},[0-9]{3}[^0-9]*")
AMBIGUOUS_POINT = re.compile(r"[^0-9]*[1-9][0-9]{0,2}\.[0-9]{3}[^0-9]*")
_MINUS = "[+\u2212\u2013-]"
_ODD_SIGN = re.compile(f"\\(|[\u2212\u2013]|[-\u2212]$|^{_MINUS} ")
_ADDRESS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
# 1E5 and 2E3 in every row are articles, not powers of ten.
_POWERS_ALONE = re.compile("[0-9]+[eE][0-9]+")
_DIALLED = re.compile(r"\+[0-9]{7,}|\+[0-9]{1,3} [0-9 ]{6,}")


def number_hypotheses(sample: set[str]) -> list[Hypothesis]:
    """Every way of writing numbers that the sample's marks allow, the plainest first."""
    if not sample or not all(_DIGIT.search(cell) for cell in sample) or _are_codes(sample):
        return []
    symbols = {tuple(_CURRENCY.findall(cell)) for cell in sample}
    named = symbols - {()}
    # One symbol, if not in every cell: a column of dollars and euros is not one of numbers.
    if len(named) > 1 or any(len(found) > 1 for found in named):
        return []
    currency = "".join(next(iter(named), ()))
    signs = {("%" in cell) for cell in sample}
    if len(signs) > 1:
        return []
    odd = any(_ODD_SIGN.search(cell) for cell in sample)
    found = []
    for thousands, decimal in _possible_styles("".join(sample)):
        for whole in (True, False):
            style = _Style(thousands, decimal, currency, True in signs, whole, odd, () in symbols)
            hypothesis = style.hypothesis()
            if all(hypothesis.fits(cell) for cell in sample):
                found.append(hypothesis)
                break
    return found


def _are_codes(sample: set[str]) -> bool:
    """Whether all cells are addresses of the network or articles, or any is a telephone number."""
    alone = any(all(code.fullmatch(cell) for cell in sample) for code in (_ADDRESS, _POWERS_ALONE))
    return alone or any(_DIALLED.fullmatch(cell) for cell in sample)


def _possible_styles(characters: str) -> list[tuple[str, str]]:
    # Only styles whose marks are there: others would be the plain one by another name.
    seen = {mark for mark, pattern in _SEPARATOR.items() if mark and re.search(pattern, characters)}
    styles = [
        style
        for style in _STYLES
        if style == _STYLES[0]
        or all(mark in seen for mark in style if mark not in ("", "."))
        # Points may stand for thousands where no comma is in sight; then there are no decimals.
        or (style == (".", ",") and "." in seen)
    ]
    return [style for style in styles if style[0] != "." or "." in seen] if seen else styles[:1]


class _Style:
    """One way of writing numbers."""

    def __init__(
        self, thousands: str, decimal: str, currency: str, percent: bool, whole: bool, odd: bool, partly: bool
    ) -> None:
        self.thousands, self.decimal, self.currency = thousands, decimal, currency
        self.percent, self.whole, self.odd, self.partly = percent, whole, odd, partly

    def hypothesis(self) -> Hypothesis:
        """The style as a reading of a column."""
        marked = bool(self.thousands or self.currency or self.percent)
        plain = not marked and self.decimal == "." and not self.odd
        exponents = not marked and not self.whole
        body = self._body(exponents)
        text = "{t}" if plain else self._cleaned(exponents)
        sql_type = "BIGINT" if self.whole else "DOUBLE"
        value = f"try_cast({text} AS {sql_type})"
        key = f"{self.thousands}:{self.decimal}:{self.currency}:{self.percent}:{self.odd}:{self.partly}"
        return Hypothesis(
            key=f"{'int' if self.whole else 'float'}:{key}",
            kind="number",
            sql_type=sql_type,
            pattern=f"[+-]?{body}" if plain else self._pattern(body),
            value=value,
            check=f"{value} IS NOT NULL" if self.whole else f"isfinite({value})",
            note="; ".join(self._notes()),
            decimal="" if self.whole and not self.thousands else self.decimal,
        )

    def _body(self, exponents: bool) -> str:
        # No leading zeros (ids keep theirs); what a float cannot hold to the last digit is no float.
        digits = "[0-9]{0,18}" if self.whole else "[0-9]{0,14}"
        integer = f"(?:0|[1-9]{digits})"
        mark = _SEPARATOR[self.thousands]
        if self.thousands == _LAKH:
            integer = (
                f"(?:{integer}|[1-9][0-9]?(?:,[0-9]{{2}}){{0,5}},[0-9]{{3}}|[1-9][0-9]{{0,2}},[0-9]{{3}})"
            )
        elif self.thousands:
            integer = f"(?:{integer}|[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}}){{1,5}})"
        if self.whole:
            return integer
        point = _SEPARATOR[self.decimal]
        body = f"(?:{integer}(?:{point}[0-9]*)?|{point}[0-9]+)"
        return f"{body}(?:[eE][+-]?[0-9]{{1,3}})?" if exponents else body

    def _pattern(self, body: str) -> str:
        mark = re.escape(self.currency)
        space = "[ \u00a0\u202f]?"
        end = f"{space}%" if self.percent else ""
        sign = f"(?:{_MINUS}{space})?"
        after_sign = f"(?:{space}[\u2212-])?"
        plain = f"{sign}{body}{end}|{body}{end}{after_sign}|\\({space}{body}{end}{space}\\){end and '?'}"
        plain = plain.removesuffix("?") if not end else f"{plain}|\\({body}\\){end}"
        if not self.currency:
            return f"(?:{plain})"
        before = f"{mark} *{body}{end}"
        after = f"{body}{space}{mark}{end}"
        forms = (
            f"{sign}{before}", f"{mark} *{sign}{body}{end}", f"{sign}{after}", f"{before}{after_sign}",
            f"{body}{after_sign}{space}{mark}", f"\\({space}{before}{space}\\)",
            f"\\({space}{after}{space}\\)",
            f"{mark} *\\({space}{body}{space}\\)", f"\\({body}\\){space}{mark}",
        )  # fmt: skip
        return f"(?:{'|'.join(forms)}{'|' + plain if self.partly else ''})"

    def _cleaned(self, exponents: bool) -> str:
        text = "{t}" if not self.currency else f"replace({{t}}, {quote(self.currency)}, '')"
        kept = f"regexp_replace({text}, {quote('[^0-9' + re.escape(self.decimal) + ']')}, '', 'g')"
        if self.decimal != ".":
            kept = f"replace({kept}, {quote(self.decimal)}, '.')"
        signed = f"CASE WHEN regexp_matches({text}, '[(\u2212\u2013-]') THEN '-' ELSE '' END || {kept}"
        if not exponents:
            return f"({signed})"
        powers = f"replace(replace({{t}}, '\u2212', '-'), {quote(self.decimal)}, '.')"
        return f"(CASE WHEN regexp_matches({{t}}, '[eE]') THEN {powers} ELSE {signed} END)"

    def _notes(self) -> list[str]:
        notes = []
        if self.thousands:
            notes.append(f"{_SAID[self.thousands]} read as thousands separator")
        if self.decimal == "," and not self.whole:
            notes.append("comma read as decimal mark")
        if self.currency:
            where = ", which some cells have not," if self.partly else ""
            notes.append(f'currency "{self.currency}"{where} removed')
        if self.percent:
            notes.append("percent sign removed (12% -> 12)")
        if self.odd:
            notes.append("parentheses or a minus of another kind read as negative")
        return notes
