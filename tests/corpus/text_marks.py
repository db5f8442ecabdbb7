"""Nasty text files: delimiters, quotes, line ends, ragged rows."""

from tests.corpus.case import Case, one

CASES: list[Case] = [
    one(
        "comma-quotes-breaks",
        "notes.csv",
        'id,note\n1,"said ""hi"", twice"\n2,"two\nlines"\n3,plain\n',
        ["id", "note"],
        "IT",
        [[1, 'said "hi", twice'], [2, "two\nlines"], [3, "plain"]],
        read_as={"delimiter": ",", "header_row": 0, "encoding": "utf-8"},
    ),
    one(
        "semicolon-decimal-comma",
        "preise.csv",
        "artikel;preis\nStuhl;49,90\nTisch;199,00\nLampe;-\n",
        ["artikel", "preis"],
        "TF",
        [["Stuhl", 49.9], ["Tisch", 199.0], ["Lampe", None]],
        said=[("preis", '"-" -> missing', 1), ("preis", "comma read as decimal mark", 2)],
        read_as={"delimiter": ";"},
    ),
    one(
        "no-newline-cr-only",
        "old-mac.csv",
        "city,n\rRome,1\rOslo,2",
        ["city", "n"],
        "TI",
        [["Rome", 1], ["Oslo", 2]],
    ),
]
