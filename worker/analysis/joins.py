"""Which columns of two tables name the same things, so that rows of one belong to rows of the other?

Told from the profiles alone: names, kinds, uniqueness, and sketches of the values. A join that is not there
would make a wrong answer, so what is not shown by the values is not proposed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from worker.analysis.contract import Join, TableView
from worker.analysis.join_columns import Column, columns_of, shared_values
from worker.analysis.join_names import endings, refers_to

JOINS_MAX = 500
_COVERAGE_NAMED = 0.5
_COVERAGE_UNNAMED = 0.9
_SHARED_LEAST = 3
_SAMPLE_LEAST = 5
_CHANCE = 1e-6
_ALIKE = 0.8
_COMPARED_MOST = 60
"""Keys of one name that a column is compared with; 200 tables of one form would make 40,000 pairs of each."""


@dataclass(frozen=True)
class _Found:
    left: Column
    right: Column
    coverage: float
    named: bool

    @property
    def rank(self) -> tuple[bool, float, bool, int]:
        return self.named, self.coverage, not self.right.name.words, -self.right.at

    @property
    def join(self) -> Join:
        kind = "one_to_one" if self.left.is_key else "many_to_one"
        left, right = self.left, self.right
        return Join(left.table, left.column, right.table, right.column, kind, round(self.coverage, 4))  # type: ignore[arg-type]


def find_joins(tables: Sequence[TableView]) -> tuple[Join, ...]:
    """The joins that names and values show, the surest first."""
    columns = [column for at, table in enumerate(tables) for column in columns_of(table, at)]
    alike = _Alike(tables)
    found = [
        one
        for left, right in _pairs(columns)
        if left.at != right.at and (one := _judge(left, right, alike)) is not None
    ]
    kept = sorted(_best(found), key=lambda one: (*one.rank[:2], -one.left.at, one.rank[3]), reverse=True)
    return tuple(one.join for one in kept[:JOINS_MAX])


class _Alike:
    """Whether two tables are the same list of another time or place (`sales_2023`, `sales_2024`)."""

    def __init__(self, tables: Sequence[TableView]) -> None:
        self._names = [
            frozenset(str(column.get("name")) for column in table.profile.get("columns") or ())
            for table in tables
        ]

    def __call__(self, left: Column, right: Column) -> bool:
        one, other = self._names[left.at], self._names[right.at]
        return len(one & other) >= _ALIKE * max(1, len(one | other))


def _pairs(columns: Sequence[Column]) -> Iterator[tuple[Column, Column]]:
    """Pairs worth a look: the left refers to the right by name, or has values of it."""
    by_name: dict[tuple[str, ...], list[Column]] = defaultdict(list)
    by_value: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    keys = [column for column in columns if column.is_key]
    # Where there are many, those of the list of the things themselves come first: `id` of `customers`.
    keys.sort(key=lambda key: key.name.table_words != key.name.called)
    for at, key in enumerate(keys):
        for called in {key.name.called, (key.name.whole,)}:
            by_name[called].append(key)
        if key.tells_by_values:
            for number in key.hashes:
                by_value[(key.kind, key.version, number)].append(at)
    for left in columns:
        named = {
            id(key): key
            for called in [*endings(left.name), (left.name.whole,)]
            for key in by_name.get(called, ())[:_COMPARED_MOST]
        }
        hits: Counter[int] = Counter()
        if left.may_refer_unnamed:
            for number in left.hashes:
                hits.update(by_value.get((left.kind, left.version, number), ())[:_COMPARED_MOST])
        seen = {id(keys[at]): keys[at] for at, count in hits.items() if count >= _SHARED_LEAST}
        for right in (named | seen).values():
            yield left, right


def _judge(left: Column, right: Column, alike: _Alike) -> _Found | None:
    if left.kind != right.kind:
        return None
    named = refers_to(left.name, right.name)
    if left.kind == "date":
        named = left.name.whole == right.name.whole or right.name.of_a_calendar
    if left.kind == "number" and "date" in (left.semantic, right.semantic) and not left.is_key:
        # The year of a flight and that of a car are both a year: rows share it by chance.
        return None
    compared, shared = shared_values(left, right)
    coverage = shared / compared if compared else 0.0
    if named and not (right.is_dense and alike(left, right)):
        if compared < min(_SAMPLE_LEAST, left.unique) and left.lies_within(right):
            # The key has every whole number of its range: no sample is needed.
            coverage, compared = 1.0, left.unique
        enough = compared >= min(_SAMPLE_LEAST, left.unique) > 0
        return _Found(left, right, coverage, True) if enough and coverage >= _COVERAGE_NAMED else None
    if not (left.may_refer_unnamed and right.tells_by_values) or left.kind == "date":
        return None
    if coverage < _COVERAGE_UNNAMED or shared < _SHARED_LEAST or right.density**shared > _CHANCE:
        return None
    return _Found(left, right, coverage, False)


def _best(found: Iterable[_Found]) -> Iterator[_Found]:
    """Of what says the same one, and none that values suggest where a name says another."""
    best: dict[tuple[int, str, int], _Found] = {}
    for one in found:
        place = (one.left.at, one.left.column, one.right.at)
        if place not in best or one.rank > best[place].rank:
            best[place] = one
    named = {place[:2] for place, one in best.items() if one.named}
    kept = [one for place, one in best.items() if one.named or place[:2] not in named]
    both_ways = {(one.left, one.right): one for one in kept}
    for one in kept:
        other = both_ways.get((one.right, one.left))
        if other is None or one.rank > other.rank or (one.rank == other.rank and one.left.at > one.right.at):
            yield one
