"""Which words of a question may mean which words of a table's or column's name, and how surely?"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from worker.models.builtin.tokens import name_words, stem

SYNONYM, ABBREVIATION, RELATED = 0.8, 0.7, 0.6
"""How much less than the word itself these count."""
_LESS = 0.4
"""What words of questions in general (`total`, `number`) count, in case a column is called so."""
_PHRASE_WORDS_MAX = 6
_QUESTION_WORDS_MAX = 400

_GROUPS = tuple(
    frozenset(group.split())
    for group in (
        "revenue sale turnover income earning proceeds amount total",
        "amount sum value total price cost charge fee payment spend spending paid",
        "quantity qty unit piece volume pcs",
        "customer client buyer shopper purchaser account",
        "employee staff worker personnel colleague headcount",
        "salary wage pay compensation remuneration payroll earn paid",
        "product item article sku good merchandise",
        "order purchase transaction booking",
        "supplier vendor seller merchant",
        "country nation land state",
        "city town municipality location place",
        "region area zone territory district",
        "address street location",
        "category type kind class group genre segment",
        "date day time when timestamp datetime period",
        "created opened registered joined hired start begin",
        "closed finished completed ended end",
        "name title label description",
        "birth birthday dob born age old",
        "gender sex",
        "email mail e-mail",
        "phone telephone mobile",
        "zip zipcode postcode postal",
        "discount rebate reduction",
        "profit margin gain earning",
        "stock inventory warehouse store",
        "shop store branch outlet",
        "shipment delivery shipping freight dispatch",
        "invoice bill billing",
        "doctor physician practitioner",
        "patient case admission",
        "teacher professor instructor",
        "student pupil learner",
        "school university college",
        "course class subject lesson",
        "score grade mark rating result point",
        "review feedback rating comment",
        "ticket issue incident complaint case",
        "car vehicle automobile",
        "film movie",
        "flight plane aircraft airline",
        "temperature temp heat",
        "rain rainfall precipitation",
        "weight mass kg",
        "height length size",
        "duration time minute hour length elapsed",
        "status state stage condition",
        "department dept division team unit",
        "manager boss supervisor lead",
        "user member subscriber person people visitor",
        "visit session view click traffic hit",
        "where country city region location geo place",
        "who name person customer employee user",
        "number count no num id",
        "returned refund return",
        "cancelled canceled cancellation",
        "budget target plan quota",
        "percent percentage pct share rate ratio",
        "latitude lat", "longitude lon lng",
    )
)  # fmt: skip
_ABBREVIATIONS = {
    "qty": "quantity", "amt": "amount", "cust": "customer", "dept": "department", "addr": "address",
    "num": "number", "nbr": "number", "desc": "description", "dt": "date", "ts": "timestamp",
    "cnt": "count", "avg": "average", "prod": "product", "cat": "category", "ctry": "country",
    "emp": "employee", "inv": "invoice", "ord": "order", "pct": "percent", "rev": "revenue",
    "sal": "salary", "tel": "telephone", "temp": "temperature", "yr": "year", "mth": "month",
    "mgr": "manager", "org": "organization", "acct": "account", "bal": "balance", "txn": "transaction",
    "trx": "transaction", "loc": "location", "reg": "region", "dob": "birth", "fname": "name",
    "lname": "name", "wh": "warehouse", "whse": "warehouse", "ship": "shipment", "sup": "supplier",
    "vol": "volume", "wt": "weight", "hgt": "height", "len": "length", "dur": "duration", "stat": "status",
    "disc": "discount",
}  # fmt: skip
_EMPTY = frozenset(
    "a an and any are as at be been by can could did do does each every for from give has have how i in "
    "into is it its let list me my of on only or our out over per please show than that the their them "
    "there these they this those to was we were what which with would you your compared versus vs between "
    "during within all both not no if so us about also but just then".split()
)
_GENERAL = frozenset(
    "total sum average mean median maximum minimum max min most least highest lowest largest smallest top "
    "bottom number count many much different unique distinct distribution trend chart plot graph share "
    "percentage growth change first last best worst more less above below compare correlation "
    "relationship table column row data value list common frequent overall".split()
)
_SPLIT = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Term:
    """One word of the question with what may stand for it; `weight` says how much it counts."""

    word: str
    weight: float
    is_pair: bool
    """Two words of the question as one: `unitprice` for "unit price"."""
    forms: dict[str, float]
    """Words of names that mean it, with how surely."""


def terms_of(texts: Iterable[tuple[str, float]]) -> tuple[Term, ...]:
    """The words that say something, each once, of texts with their weights (the question's own: 1)."""
    weights: dict[str, float] = {}
    alone: set[str] = set()
    for text, weight in texts:
        words = [stem(word) for word in name_words(text)][:_QUESTION_WORDS_MAX]
        alone.update(words)
        pairs = [left + right for left, right in zip(words, words[1:], strict=False)]
        for word in [*words, *pairs]:
            if word not in _EMPTY and (len(word) > 1 or not word.isascii() or word.isalnum()):
                counts = weight * (_LESS if word in _GENERAL else 1)
                weights[word] = max(weights.get(word, 0.0), counts)
    return tuple(Term(word, weight, word not in alone, _forms(word)) for word, weight in weights.items())


def phrases_of(text: str) -> frozenset[str]:
    """All runs of a few words of `text`, as values are compared with."""
    words = [stem(word) for word in _SPLIT.findall(text.casefold())[:_QUESTION_WORDS_MAX]]
    return frozenset(
        " ".join(words[at : at + length])
        for length in range(1, _PHRASE_WORDS_MAX + 1)
        for at in range(len(words) - length + 1)
    )


def as_phrase(value: object) -> str:
    """A value as `phrases_of` has it."""
    text = str(value)[:200].casefold()
    return stem(text) if text.isalnum() else " ".join(map(stem, _SPLIT.findall(text)))


@lru_cache(maxsize=65536)
def words_of_name(name: str) -> tuple[str, ...]:
    """The words of a name as they are compared, and all of them as one."""
    words = [stem(word) for word in name_words(name[:200])]
    whole = "".join(words)
    return tuple(dict.fromkeys([*words, *([whole] if len(words) > 1 else [])]))


def likeness(name_word: str, term: Term) -> float:
    """How surely a word of a name is meant: 1 for the word itself, 0 for no likeness."""
    sure = term.forms.get(name_word)
    if sure is None:
        sure = RELATED if _is_kin(name_word, term.word) else 0.0
    return sure


def rarity(counts: Counter[str], word: str, tables: int) -> float:
    """What a word counts that stands in the names of so many tables: 1 for all of them, more for few."""
    return 1.0 + math.log(max(1, tables) / max(1, counts.get(word, 1)))


def _forms(word: str) -> dict[str, float]:
    forms = {word: 1.0}
    full = _ABBREVIATIONS.get(word)
    for short, long in _ABBREVIATIONS.items():
        if long == word or short == word:
            forms.setdefault(long if short == word else short, ABBREVIATION)
    for group in _GROUPS:
        if word in group or full in group:
            for other in group:
                forms.setdefault(other, SYNONYM)
    return forms


def _is_kin(one: str, other: str) -> bool:
    """`ship` and `shipping`, `deliver` and `delivery`: a common start that is most of the longer word."""
    short, long = sorted((one, other), key=len)
    if len(short) < 3:
        return False
    if long.startswith(short):
        return len(short) >= 4 or len(long) <= 8
    common = 0
    for left, right in zip(short, long, strict=False):
        if left != right:
            break
        common += 1
    return common >= 5 and common >= 0.6 * len(long)
