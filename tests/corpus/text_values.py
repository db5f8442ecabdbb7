"""Nasty text files: numbers, truth values and words for missing, a column each."""

from tests.corpus.case import Case, one


def _column(id: str, cells: str, letter: str, truth: list[object], name: str = "v", **facts: object) -> Case:
    """A file of one column, beside a column of letters; the cells stand in lines."""
    lines = cells.split("\n")
    text = f"{name}\tk\n" + "".join(f"{cell}\tx\n" for cell in lines)
    rows = [[value, "x"] for value in truth]
    return one(id, "values.tsv", text, [name, "k"], f"{letter}T", rows, **facts)


CASES: list[Case] = [
    _column("plain-floats", "1.2e5\n-3\n.5\n5.", "F", [120000, -3, 0.5, 5]),
    _column(
        "decimal-commas", "1,5\n-2,25\n10", "F", [1.5, -2.25, 10], said=[("v", "comma read as decimal", 3)]
    ),
    _column("thousands-commas", "1,234\n12\n1,234,567", "I", [1234, 12, 1234567]),
    _column("thousands-points", "1.234,50\n0,25\n1.234.567,00", "F", [1234.5, 0.25, 1234567]),
    _column("thousands-spaces", "1 234,5\n12,25\n1 234 567,0", "F", [1234.5, 12.25, 1234567]),
    _column("thousands-narrow-spaces", "1\u202f234\n12\u00a0345\n7", "I", [1234, 12345, 7]),
    _column("thousands-apostrophes", "1'234.50\n12.25\n2\u2019000'000.00", "F", [1234.5, 12.25, 2000000]),
    _column("lakhs", "1,23,456\n12,34,567.50\n999", "F", [123456, 1234567.5, 999]),
    _column(
        "dollars-before", "$1,200.50\n-$3\n$0.5", "F", [1200.5, -3, 0.5], said=[("v", 'currency "$"', 3)]
    ),
    _column("dollars-in-some-cells", "$1,200\n300\n$50", "I", [1200, 300, 50]),
    _column("euros-after", "5 €\n7,50 €\n-1.234,00 €", "F", [5, 7.5, -1234]),
    _column("pounds-and-pence", "£1,000.10\n£2.05", "F", [1000.1, 2.05]),
    _column("yen", "¥1,200\n¥300", "I", [1200, 300]),
    _column("rupees", "Rs. 1,23,456\nRs. 500", "I", [123456, 500]),
    _column("codes-of-currency", "USD 5\nUSD 1,000.25", "F", [5, 1000.25]),
    _column("swiss-francs", "CHF 1'234.50\nCHF 10.00", "F", [1234.5, 10]),
    _column("two-currencies-are-no-number", "$5\n€7", "T", ["$5", "€7"]),
    _column("percents", "12%\n3.5%\n100 %", "F", [12, 3.5, 100], said=[("v", "percent sign removed", 3)]),
    _column("percents-and-numbers-are-text", "12%\n3\n4%", "T", ["12%", "3", "4%"]),
    _column("parentheses", "(1,234.50)\n5\n(2)", "F", [-1234.5, 5, -2]),
    _column("parentheses-with-dollars", "$(1,234.50)\n$5.00\n($2.25)", "F", [-1234.5, 5, -2.25]),
    _column("accounting-dashes", " $ 1,234.50 \n $ (7.25)\n $ -   ", "F", [1234.5, -7.25, None]),
    _column("trailing-minus", "12-\n3\n1.5-", "F", [-12, 3, -1.5]),
    _column("trailing-minus-german", "1.234,50-\n3,00", "F", [-1234.5, 3]),
    _column("unicode-minus", "\u22125\n3\n\u22121.5", "F", [-5, 3, -1.5]),
    _column("plus-signs", "+1\n0\n-2", "I", [1, 0, -2]),
    _column("leading-zeros-are-text", "00123\n04567\n99999", "T", ["00123", "04567", "99999"]),
    _column("ids-beyond-2-to-53", "9007199254740993\n9007199254740995", "I", [2**53 + 1, 2**53 + 3]),
    _column("ids-beyond-2-to-53-with-a-gap", "9007199254740993\n\n7", "T", ["9007199254740993", None, "7"]),
    _column("ids-beyond-2-to-63", "92233720368547758080\n1", "T", ["92233720368547758080", "1"]),
    _column("long-ids-among-decimals", "1234567890123456789\n1.5", "T", ["1234567890123456789", "1.5"]),
    _column("telephones", "+49 30 123456\n+1 555 0100123", "T", ["+49 30 123456", "+1 555 0100123"]),
    _column("telephones-by-name", "5550100123\n5550100124", "T", ["5550100123", "5550100124"], name="phone"),
    _column("zip-codes-by-name", "90210\n10001", "T", ["90210", "10001"], name="zip"),
    _column("versions-by-name", "1.10\n1.9", "T", ["1.10", "1.9"], name="version"),
    _column("versions-of-three-parts", "1.10.0\n1.9.12", "T", ["1.10.0", "1.9.12"]),
    _column(
        "network-addresses", "192.168.100.200\n10.100.200.250", "T", ["192.168.100.200", "10.100.200.250"]
    ),
    _column("hex-and-infinity", "0x1F\ninf\n1", "T", ["0x1F", "inf", "1"]),
    _column("underscores", "1_000\n2", "T", ["1_000", "2"]),
    _column("yes-no", "yes\nNo\nYES", "B", [True, False, True]),
    _column("true-false-with-gap", "TRUE\n\nfalse", "T", [True, None, False]),
    _column(
        "ja-nein", "Ja\nNein\nja", "B", [True, False, True], said=[("v", '"ja"/"nein" -> true/false', 3)]
    ),
    _column("oui-non", "oui\nnon", "B", [True, False]),
    _column("y-n", "Y\nN\nY", "B", [True, False, True]),
    _column("one-letter-alone-is-text", "F\nF\nF", "T", ["F", "F", "F"]),
    _column("zero-one-stays-a-number", "0\n1\n1", "I", [0, 1, 1]),
    _column(
        "words-for-missing",
        "1\n-\nN/A\nna\nnull\n.\nmissing\nnone\n2",
        "F",
        [1, None, None, None, None, None, None, None, 2],
        said=[("v", '"-" -> missing', 1), ("v", '"N/A" -> missing', 1), ("v", '"." -> missing', 1)],
    ),
    _column("mysql-nulls", "\\N\n5\n\\N", "F", [None, 5, None], said=[("v", '"\\N" -> missing', 2)]),
    _column("excel-errors", "#N/A\n1.5\n#DIV/0!", "F", [None, 1.5, None]),
    _column("eurostat-colons", ":\n1.5\n2.5", "F", [None, 1.5, 2.5]),
    _column("keine-angabe", "k.A.\n12\n15", "F", [None, 12, 15]),
    _column("dashes-among-words-are-words", "-\na\nb", "T", ["-", "a", "b"]),
    _column("a-person-called-nan", "Nan\nAnn", "T", ["Nan", "Ann"]),
    _column("nothing-at-all", "\n\n", "T", [None, None, None]),
    _column("spaces-around", "  1 \n\u00a02\n3  ", "I", [1, 2, 3]),
    _column(
        "two-of-forty-are-words",
        "\n".join([*(str(i) for i in range(38)), "n.k.", "see note"]),
        "T",
        [*(str(i) for i in range(38)), "n.k.", "see note"],
        said=[("v", 'kept as text: 2 of 40 cells are no number, such as "n.k.", "see note"', 2)],
    ),
    _column(
        "ambiguous-commas", "1,234\n2,500", "I", [1234, 2500], said=[("v", "commas read as thousands", 2)]
    ),
    _column("exponents-with-commas", "1,5E3\n2,5E-1", "F", [1500, 0.25]),
    _column("fractions-and-ratios-are-text", "1/2\n3:4\n5", "T", ["1/2", "3:4", "5"]),
    _column("numbers-with-units-are-text", "5 kg\n7 kg", "T", ["5 kg", "7 kg"]),
    _column("full-width-digits-are-text", "１２\n３", "T", ["１２", "３"]),
    _column("articles-like-powers", "1E5\n2E3", "T", ["1E5", "2E3"]),
]
