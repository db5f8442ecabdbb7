"""Which tables and columns does a question need, and which of them are told when not all have room?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from worker.analysis.contract import Join, Question, TableView
from worker.analysis.history import TURNS_IN_PROMPT, depends_on_history
from worker.analysis.schema_words import (
    Term,
    as_phrase,
    likeness,
    phrases_of,
    rarity,
    terms_of,
    words_of_name,
)

HOPS_MAX = 3
"""Between two tables that are needed, by joins over others."""
CHOSEN_MAX = 12
BESIDE_MAX = 3
_EARLIER_WEIGHT = 0.5
_NAME_WEIGHT = 1.4
"""A table's own name says more than one of its columns' names."""
_OWN_NAME_WEIGHT = 0.25
_VALUE_SCORE = 4.0
_SAME_NAME_SCORE = 12.0
_GOOD = 0.55
"""Share of the best likeness of a term that a chosen table must have for the term to be met by it."""
_VALUES_MAX = 2_000_000
_TIME_WORDS = frozenset(
    "date day week month quarter year time when trend daily weekly monthly quarterly yearly annual recent "
    "latest since ago history growth season weekday hour".split()
)


@dataclass
class Ranked:
    """A table with what of it the question seems to need."""

    view: TableView
    at: int
    columns: list[dict[str, Any]]
    terms: dict[str, float] = field(default_factory=dict)
    """For each word of the question, how well the table's name or a column's or value meets it."""
    column_scores: dict[int, float] = field(default_factory=dict)
    linked: set[int] = field(default_factory=set)
    """Columns by which it is joined to another chosen table."""

    @property
    def score(self) -> float:
        return sum(self.terms.values())

    @property
    def name(self) -> str:
        return self.view.name


@dataclass(frozen=True)
class SubSchema:
    """The tables that a question needs, the most needed first, and all joins that there are."""

    chosen: tuple[Ranked, ...]
    others: tuple[Ranked, ...]
    """All other tables, the likeliest first."""
    joins: tuple[Join, ...]
    sure: bool
    """False: the words of the question say little about which tables are meant."""


def rank(question: Question) -> SubSchema:
    """Choose by words alone: the same for the same question, in well under a second for 200 x 50 columns."""
    texts = [(question.text, 1.0)]
    if depends_on_history(question.text):
        texts += [(asked, _EARLIER_WEIGHT) for asked, _ in question.history[-TURNS_IN_PROMPT:]]
    terms = terms_of(texts)
    tables = [Ranked(view, at, _columns(view)) for at, view in enumerate(question.tables)]
    _score_names(tables, terms)
    _score_values(tables, frozenset().union(*(phrases_of(text) for text, _ in texts)))
    _score_dates(tables, terms)
    return _chosen(tables, terms, question.joins)


def choose_named(question: Question, names: Sequence[str]) -> SubSchema:
    """The tables of `names` (as a model gave them) first, with what the ranking says of their columns."""
    ranking = rank(question)
    tables = {table.name: table for table in (*ranking.chosen, *ranking.others)}
    first = [tables[name] for name in dict.fromkeys(names) if name in tables][:CHOSEN_MAX]
    return _closed(first, sorted(tables.values(), key=lambda one: (-one.score, one.at)), question.joins, True)


def _columns(view: TableView) -> list[dict[str, Any]]:
    return [column for column in view.profile.get("columns") or [] if isinstance(column, dict)]


Meets = dict[str, tuple[tuple[str, float], ...]]
"""For a word of names, the words of the question that may mean it, and what that counts."""


def _score_names(tables: list[Ranked], terms: tuple[Term, ...]) -> None:
    counts: Counter[str] = Counter()
    for table in tables:
        words = set(words_of_name(table.name))
        for column in table.columns:
            words.update(words_of_name(str(column.get("name", ""))))
        counts.update(words)
    meets: Meets = {}
    for word in counts:
        rare = rarity(counts, word, len(tables))
        met = ((term.word, likeness(word, term) * rare * term.weight) for term in terms)
        if kept := tuple(pair for pair in met if pair[1]):
            meets[word] = kept
    for table in tables:
        for word in words_of_name(table.name):
            for term_word, met_by in meets.get(word, ()):
                table.terms[term_word] = max(table.terms.get(term_word, 0.0), _NAME_WEIGHT * met_by)
        for at, column in enumerate(table.columns):
            _score_column(table, at, words_of_name(str(column.get("name", ""))), meets)


def _score_column(table: Ranked, at: int, words: tuple[str, ...], meets: Meets) -> None:
    best: dict[str, float] = {}
    met_words: set[str] = set()
    plain = words[:-1] if len(words) > 1 else words
    own = words_of_name(table.name)
    for word in words:
        for term_word, met_by in meets.get(word, ()):
            # `fuel_a`, `fuel_b` of `fuel_logs`: that "fuel" is meant tells the table, not one of them.
            met_by *= _OWN_NAME_WEIGHT if word in own else 1.0
            best[term_word] = max(best.get(term_word, 0.0), met_by)
            met_words.update([word] if word in plain else plain)
    if not best:
        return
    share = len(met_words) / len(plain)
    whole = share == 1 and len(plain) > 1
    table.column_scores[at] = sum(best.values()) * share**0.5 + (_SAME_NAME_SCORE if whole else 0.0)
    for term_word, met_by in best.items():
        table.terms[term_word] = max(table.terms.get(term_word, 0.0), met_by)
    if whole:
        # All words of a name stand in the question: that says more than each of them does.
        table.terms["_".join(plain)] = max(best.values())


def _score_values(tables: list[Ranked], phrases: frozenset[str]) -> None:
    left = _VALUES_MAX
    found: dict[str, list[tuple[Ranked, int]]] = defaultdict(list)
    for table in tables:
        for at, column in enumerate(table.columns):
            values = column.get("values") or [pair[0] for pair in column.get("top") or [] if pair]
            left -= len(values)
            if left < 0:
                return
            for value in values:
                if (
                    isinstance(value, str)
                    and value
                    and (phrase := as_phrase(value)) in phrases
                    and len(phrase) > 1
                ):
                    found[phrase].append((table, at))
    for phrase, places in found.items():
        score = _VALUE_SCORE * rarity(Counter({phrase: len(places)}), phrase, len(tables)) / 2
        for table, at in places:
            table.column_scores[at] = table.column_scores.get(at, 0.0) + score
            table.terms[f"'{phrase}"] = max(table.terms.get(f"'{phrase}", 0.0), score)


def _score_dates(tables: list[Ranked], terms: tuple[Term, ...]) -> None:
    """Dates of tables that are meant anyway are needed where the question has to do with time."""
    if not any(term.word in _TIME_WORDS for term in terms):
        return
    for table in tables:
        for at, column in enumerate(table.columns):
            if column.get("kind") == "date" or column.get("semantic") == "date":
                table.column_scores[at] = table.column_scores.get(at, 0.0) + 0.5


def _chosen(tables: list[Ranked], terms: tuple[Term, ...], joins: tuple[Join, ...]) -> SubSchema:
    ordered = sorted(tables, key=lambda one: (-one.score, one.at))
    best: dict[str, float] = {}
    for table in tables:
        for word, met in table.terms.items():
            best[word] = max(best.get(word, 0.0), met)
    near = _neighbours(joins)
    first: list[Ranked] = []
    open_words = set(best)
    while open_words and len(first) < CHOSEN_MAX:
        names = {table.name for table in first}
        table = max(
            ordered,
            key=lambda one: (
                one not in first,
                sum(one.terms.get(word, 0.0) for word in open_words)
                * (1.5 if names & near.get(one.name, set()) else 1.0),
                one.score,
            ),
        )
        closed = {word for word in open_words if table.terms.get(word, 0.0) >= _GOOD * best[word]}
        if table in first or not closed:
            break
        first.append(table)
        open_words -= closed
    weighty = [
        term for term in terms if term.weight >= _EARLIER_WEIGHT and term.word.isalpha() and not term.is_pair
    ]
    if any(best.get(term.word, 0.0) < 1.0 for term in weighty):
        first += _beside(first, ordered, near)
    strong = [word for word, met in best.items() if met >= 2.0]
    sure = len(tables) <= CHOSEN_MAX or bool(strong) and 2 * len(strong) >= min(len(weighty), 4)
    return _closed(first, ordered, joins, sure)


def _beside(first: list[Ranked], ordered: list[Ranked], near: dict[str, set[str]]) -> list[Ranked]:
    """The likeliest tables that are joined to those of `first`: one of them may hold what no name says."""
    names = {table.name for table in first}
    around = set().union(*(near.get(name, set()) for name in names)) - names
    return [table for table in ordered if table.name in around][:BESIDE_MAX]


def _closed(first: list[Ranked], ordered: list[Ranked], joins: tuple[Join, ...], sure: bool) -> SubSchema:
    """With the tables that join those of `first`, and the columns by which all of them are joined."""
    by_name = {table.name: table for table in ordered}
    names = [table.name for table in first]
    for name in _between(names, _neighbours(joins)):
        if name in by_name and name not in names:
            names.append(name)
    if not names and ordered:
        names = [table.name for table in ordered[:1]]
    for join in joins:
        if {join.left_table, join.right_table} <= set(names):
            _link(by_name[join.left_table], join.left_column)
            _link(by_name[join.right_table], join.right_column)
    chosen = tuple(by_name[name] for name in names)
    others = tuple(table for table in ordered if table.name not in names)
    return SubSchema(chosen, others, joins, sure)


def _link(table: Ranked, column: str) -> None:
    table.linked |= {at for at, one in enumerate(table.columns) if one.get("name") == column}


def _neighbours(joins: tuple[Join, ...]) -> dict[str, set[str]]:
    near: dict[str, set[str]] = defaultdict(set)
    for join in joins:
        near[join.left_table].add(join.right_table)
        near[join.right_table].add(join.left_table)
    return near


def _between(names: list[str], near: dict[str, set[str]]) -> list[str]:
    """Tables on a shortest way from each of `names` to the first one, where there is one."""
    found: list[str] = []
    for goal in names[1:]:
        before: dict[str, str] = {names[0]: ""}
        layer = [names[0]]
        for _ in range(HOPS_MAX):
            if goal in before:
                break
            step: list[str] = []
            for name in layer:
                for other in sorted(near.get(name, ())):
                    if other not in before:
                        before[other] = name
                        step.append(other)
            layer = step
        at = before.get(goal, "")
        while at and at != names[0]:
            found.append(at)
            at = before[at]
    return found
