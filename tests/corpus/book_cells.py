"""Nasty workbooks: what a single cell is, by its type, its number format, and how its writer put it down."""

import datetime as dt
from typing import Any

from tests.corpus.case import Case, one
from tests.corpus.making_books import number, raw_xlsx, row, sheets, with_openpyxl, word


def _rich(book: Any) -> None:
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    book.active.append(["name", "n"])
    book.active.append([CellRichText("Hello ", TextBlock(InlineFont(b=True), "bold"), " world"), 1])
    book.active.append(["two\nlines", 2])


CASES: list[Case] = [
    one(
        "xlsx-1904",
        "mac.xlsx",
        with_openpyxl(lambda book: [book.active.append(line) for line in _DAYS], mac=True),
        ["day", "n"],
        "DI",
        [["1904-01-02", 1], ["2024-02-29T12:30:00", 2]],
    ),
    one(
        "xlsx-before-march-1900",
        "old.xlsx",
        raw_xlsx(
            row(1, word("d", "A1"), word("n", "B1"))
            + "".join(
                row(i, number(serial, f"A{i}", 1), number(str(i), f"B{i}"))
                for i, serial in enumerate(("1", "59", "60", "61", "0", "-4"), 2)
            ),
            formats=["d/m/yyyy"],
        ),
        ["d", "n"],
        "DI",
        [["1900-01-01", 2], ["1900-02-28", 3], [None, 4], ["1900-03-01", 5], [None, 6], [None, 7]],
        said=[("d", "29 February 1900", 1), ("d", "a date format on 0, a negative", 2)],
    ),
    one(
        "xlsx-float-noise-of-times",
        "noise.xlsx",
        raw_xlsx(
            row(1, word("t"), word("n"))
            + row(2, number("45000.333333333336", style=1), number("1"))
            + row(3, number("45000.99999999999", style=1), number("2")),
            formats=["yyyy\\-mm\\-dd\\ hh:mm:ss"],
        ),
        ["t", "n"],
        "DI",
        [["2023-03-15T08:00:00", 1], ["2023-03-16", 2]],
    ),
    one(
        "xlsx-date-formats-that-look-odd",
        "odd.xlsx",
        raw_xlsx(
            row(1, *(word(name) for name in ("a", "b", "c", "d", "e")))
            + row(2, *(number("45000", style=style) for style in (1, 2, 3, 4, 5))),
            formats=[
                "[$-F800]dddd, mmmm dd, yyyy",
                "[Red]#,##0.00;[Blue]-#,##0.00",
                'yyyy"年"m"月"d"日"',
                '0.00" days"',
                "mmm\\-yy;@",
            ],
        ),
        ["a", "b", "c", "d", "e"],
        "DIDID",
        [["2023-03-15", 45000, "2023-03-15", 45000, "2023-03-15"]],
    ),
    one(
        "xlsx-builtin-formats",
        "builtin.xlsx",
        sheets(S=[["day", "at"], [dt.date(2024, 5, 1), dt.datetime(2024, 5, 1, 10, 30)]]),  # noqa: DTZ001
        ["day", "at"],
        "DD",
        [["2024-05-01", "2024-05-01T10:30:00"]],
    ),
    one(
        "xlsx-errors-by-kind",
        "errors.xlsx",
        raw_xlsx(
            row(1, word("a", "A1"), word("b", "B1"))
            + row(2, '<c r="A2" t="e"><v>#DIV/0!</v></c>', number("1", "B2"))
            + row(3, '<c r="A3" t="e"><f>NA()</f><v>#N/A</v></c>', number("2", "B3"))
            + row(4, '<c r="A4" t="e"><v>#N/A</v></c>', number("3", "B4"))
            + row(5, number("7.5", "A5"), number("4", "B5"))
            + row(6, '<c r="A6" t="e"><v>#REF!</v></c>', '<c r="B6" t="e"><v>#REF!</v></c>'),
        ),
        ["a", "b"],
        "FF",
        [[None, 1], [None, 2], [None, 3], [7.5, 4], [None, None]],
        said=[("a", "(#DIV/0!)", 1), ("a", "(#N/A)", 2), ("a", "(#REF!)", 1), ("b", "(#REF!)", 1)],
    ),
    one(
        "xlsx-formulas-stored-and-not",
        "formulas.xlsx",
        raw_xlsx(
            row(1, word("n", "A1"), word("twice", "B1"), word("said", "C1"))
            + row(
                2,
                number("1", "A2"),
                '<c r="B2"><f>A2*2</f><v>2</v></c>',
                '<c r="C2" t="str"><f>"x"</f><v>x</v></c>',
            )
            + row(3, number("2", "A3"), '<c r="B3"><f>A3*2</f></c>', '<c r="C3" t="str"><f>""</f><v></v></c>')
            + row(
                4,
                number("3", "A4"),
                '<c r="B4"><f>A4*2</f><v/></c>',
                '<c r="C4" t="b"><f>TRUE()</f><v>1</v></c>',
            ),
        ),
        ["n", "twice", "said"],
        "IFT",
        [[1, 2.0, "x"], [2, None, None], [3, None, "TRUE"]],
        said=[
            ("twice", "formulas without a stored value -> missing", 2),
            ("said", "truth values kept as text", 1),
        ],
    ),
    one(
        "xlsx-rich-text-and-breaks",
        "rich.xlsx",
        with_openpyxl(_rich),
        ["name", "n"],
        "TI",
        [["Hello bold world", 1], ["two\nlines", 2]],
    ),
    one(
        "xlsx-shared-strings-with-readings",
        "furigana.xlsx",
        raw_xlsx(
            row(1, '<c r="A1" t="s"><v>0</v></c>', '<c r="B1" t="s"><v>1</v></c>')
            + row(2, '<c r="A2" t="s"><v>2</v></c>', number("1", "B2"))
            + row(3, '<c r="A3" t="s"><v>3</v></c>', number("2", "B3"))
            + row(4, '<c r="A4" t="s"><v>4</v></c>', number("3", "B4")),
            strings="<si><t>名前</t></si><si><t>n</t></si>"
            '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si>'
            "<si><r><rPr><b/></rPr><t>大</t></r><r><t>阪</t></r><rPh><t>オオサカ</t></rPh></si>"
            '<si><t xml:space="preserve">a_x000A_b _x005F_x0041_</t></si>',
        ),
        ["名前", "n"],
        "TI",
        [["東京", 1], ["大阪", 2], ["a\nb _x0041_", 3]],
    ),
    one(
        "xlsx-numbers-as-text",
        "astext.xlsx",
        sheets(S=[["n", "zip", "mixed"], [1, "01234", 5], ["2", "99999", "five"], [3, "00501", 6]]),
        ["n", "zip", "mixed"],
        "ITT",
        [[1, "01234", "5"], [2, "99999", "five"], [3, "00501", "6"]],
        said=[("n", "text read as numbers", 1), ("mixed", "numbers kept as text", 2)],
    ),
    one(
        "xlsx-booleans",
        "flags.xlsx",
        sheets(S=[["ok", "gaps"], [True, True], [False, None], [True, False]]),
        ["ok", "gaps"],
        "BT",
        [[True, True], [False, None], [True, False]],
    ),
    one(
        "xlsx-scientific-and-long-integers",
        "long.xlsx",
        raw_xlsx(
            row(1, word("f"), word("card"), word("tiny"))
            + row(2, number("1.5E+3"), number("9007199254740993"), number("1E-7"))
            + row(3, number("2.0000000000000001E-1"), number("12"), number("5.0000000000000004E-2")),
        ),
        ["f", "card", "tiny"],
        "FIF",
        [[1500.0, 9007199254740993, 1e-7], [0.2, 12, 0.05]],
    ),
    one(
        "xlsx-iso-dates-of-the-strict-form",
        "strict.xlsx",
        raw_xlsx(
            row(1, word("d", "A1"), word("n", "B1"))
            + row(2, '<c r="A2" t="d"><v>2024-01-31</v></c>', number("1", "B2"))
            + row(3, '<c r="A3" t="d"><v>2024-02-01T08:15:00</v></c>', number("2", "B3")),
            strict=True,
        ),
        ["d", "n"],
        "DI",
        [["2024-01-31", 1], ["2024-02-01T08:15:00", 2]],
    ),
    one(
        "xlsx-mixed-dates-and-words",
        "due.xlsx",
        sheets(S=[["due"], [dt.date(2024, 1, 5)], ["tbd"], [dt.date(2024, 1, 6)], ["asap"]]),
        ["due"],
        "T",
        [["2024-01-05"], ["tbd"], ["2024-01-06"], ["asap"]],
        said=[("due", "dates kept as text, as the column is mixed", 2)],
    ),
    one(
        "xlsx-damaged-number-is-kept",
        "broken.xlsx",
        raw_xlsx(
            row(1, word("a"), word("b"))
            + row(2, number("12x"), number("1"))
            + row(3, number("5"), number("2"))
        ),
        ["a", "b"],
        "TI",
        [["12x", 1], ["5", 2]],
        said=[("a", "no number, though the file says so", 1)],
    ),
]
_DAYS = [["day", "n"], [dt.date(1904, 1, 2), 1], [dt.datetime(2024, 2, 29, 12, 30), 2]]  # noqa: DTZ001
