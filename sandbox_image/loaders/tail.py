"""Which of a table's last rows are no data: totals, notes, empty rows?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .header_rows import count_filled, is_value
from .hypotheses import is_missing, trim

TAIL_ROWS = 40
_MOST_TOTALS = 6
_SUMS = (
    "grand total|sub-?total|sub total|total|totals|totale|totaal|totalt|totalsumme|sum|summe|gesamtsumme"
    "|gesamtbetrag|gesamt|insgesamt|zwischensumme|endsumme|somme|suma|soma|razem|ogółem|итого|всего|celkem"
    "|összesen|toplam|summa|i alt|yhteensä|合計|総計|総合計|小計|合计|总计|共计|小计|總計|合計金額"
    "|합계|총계|소계|총합계"
)
_MEANS = "average|avg|mean|durchschnitt|mittelwert|moyenne|promedio|média|平均|평균"
LABEL = f"(?i)(?:(?:{_SUMS}|{_MEANS})(?:[^\\pL].{{0,40}})?|[^:]{{1,40}} (?:sub)?totals?:?|∑|Σ)"
_LABEL = re.compile(LABEL.replace("[^\\pL]", r"(?:[^\w]|_)"), re.IGNORECASE)
_MEAN = re.compile(f"(?:{_MEANS})", re.IGNORECASE)
_NOTE_WORDS = (
    "sources?|quellen?|notes?|notas?|fuentes?|hinweise?|anmerkung(?:en)?|remarks?|legende?|stand|footnotes?"
    "|disclaimer|copyright|printed|generated|exported|created|erstellt|last updated?|updated|data as of|as of"
    "|page|seite|end of|report (?:generated|run|date)|n ?=|p ?=|prepared by"
)
_NOTE = re.compile(
    rf"(?:{_NOTE_WORDS})\b.*|[*†‡§¹²³©].*|\(?[0-9a-z]\)[ \t].*|\[[0-9a-z]\].*|#.*|//.*|-- ?.*|={{2,}}.*"
    r"|_{2,}.*|-{3,}.*|\([0-9,]+ (?:rows?|records?)[^)]*\)|[0-9,]+ (?:rows?|records?)(?: .*)?|EOF|END|Ende"
    r"|(?:注|出典|資料|※|备注|说明|来源|数据来源|资料来源|單位).*",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE = 40


@dataclass(frozen=True)
class TailRow:
    """One of the last rows of a table."""

    cells: Sequence[str | None]
    after_blank: bool = False
    """A blank line stands above it."""


@dataclass
class Ending:
    """The rows behind the data, in their order."""

    totals: list[TailRow] = field(default_factory=list)
    notes: list[TailRow] = field(default_factory=list)
    empty: list[TailRow] = field(default_factory=list)


def find_ending(rows: Sequence[TailRow], width: int) -> Ending:
    """Look from the end for notes, then for rows of totals; data ends it."""
    ending = Ending()
    if width < 2:
        return ending
    for place in range(len(rows) - 1, 0, -1):
        row = rows[place]
        if not count_filled(row.cells):
            # A cell of a workbook is None where something stood that is no value: that row was not empty.
            if None in row.cells:
                break
            ending.empty.insert(0, row)
        elif not ending.totals and _is_note(row, rows[:place], width):
            ending.notes.insert(0, row)
        elif len(ending.totals) < _MOST_TOTALS and (label_of(row) or _is_unlabelled(row, rows[:place])):
            ending.totals.insert(0, row)
        else:
            break
    return ending


def label_of(row: TailRow) -> str:
    """The words that say of a row that it holds totals; empty where there are none."""
    for cell in row.cells:
        text = trim(cell or "")
        if text and not is_value(text):
            return text if _LABEL.fullmatch(text) else ""
    return ""


def is_mean(label: str) -> bool:
    """Whether the label speaks of means."""
    return _MEAN.match(label) is not None


def _is_unlabelled(row: TailRow, above: Sequence[TailRow]) -> bool:
    """Whether a row has numbers only, and nothing where all rows above have a word or a key."""
    cells = [trim(cell or "") for cell in row.cells]
    if len(above) < 3 or cells[0] or not all(not cell or is_value(cell) for cell in cells):
        return False
    return all(other.cells and trim(other.cells[0] or "") for other in above if count_filled(other.cells))


def _is_in_block(row: TailRow, above: Sequence[TailRow]) -> bool:
    """Whether only lines of one cell stand between the row and a blank line above."""
    for other in (row, *reversed(above)):
        if count_filled(other.cells) != 1 or not trim(other.cells[0] or ""):
            return False
        if other.after_blank:
            return True
    return False


def _is_usual(above: Sequence[TailRow]) -> bool:
    """Whether rows with values begin so, too: ids as #12, steps as `1) cut`."""
    return any(count_filled(each.cells) > 1 and _NOTE.fullmatch(trim(each.cells[0] or "")) for each in above)


def _is_note(row: TailRow, above: Sequence[TailRow], width: int) -> bool:
    first = trim(row.cells[0] or "") if row.cells else ""
    if not first or is_value(first) or is_missing(first):
        return False
    filled = count_filled(row.cells)
    if _NOTE.fullmatch(first):
        if _is_usual(above):
            return False
        # A sentence with commas in it comes in several cells, the next with a space in front.
        split = len(row.cells) > 1 and all((cell or " ")[0] == " " for cell in row.cells[1:filled])
        return filled == 1 or split or (filled <= 2 and width > 3)
    if filled > 1:
        return False
    if _is_in_block(row, above):
        return not label_of(row)
    usual = max((len(other.cells[0] or "") for other in above if other.cells), default=0)
    return len(first) > _SENTENCE and len(first) > 2 * usual and " " in first
