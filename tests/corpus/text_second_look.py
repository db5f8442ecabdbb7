"""Nasty text files that a second author wrote: what is one column, one header, one season."""

from tests.corpus.case import Case, one

CASES: list[Case] = [
    one(
        "one-column-of-decimal-commas",
        "betrag.csv",
        "Betrag\n1 234,5\n2 000,0\n-17,25\n12\n",
        ["Betrag"],
        "F",
        [[1234.5], [2000.0], [-17.25], [12.0]],
        said=[("Betrag", "comma read as decimal mark", 4)],
    ),
    one(
        "one-column-of-thousands",
        "n.csv",
        "people\n1,234\n1,234,567\n12,345.50\n",
        ["people"],
        "F",
        [[1234.0], [1234567.0], [12345.5]],
    ),
    one(
        "two-columns-of-whole-numbers-stay-two",
        "n.csv",
        "a,b\n1,2\n3,4\n",
        ["a", "b"],
        "II",
        [[1, 2], [3, 4]],
    ),
    one(
        "years-over-quarters",
        "plan.csv",
        "2023,2023,2024,2024\nQ1,Q2,Q1,Q2\n10,20,30,40\n11,21,31,41\n",
        ["2023 Q1", "2023 Q2", "2024 Q1", "2024 Q2"],
        "IIII",
        [[10, 20, 30, 40], [11, 21, 31, 41]],
        said=[(None, "two header rows joined into one", 2)],
    ),
    one(
        "years-alone-are-names",
        "years.csv",
        "2019,2020,2021\n1.5,2.5,3.5\n4.1,5.1,6.1\n",
        ["2019", "2020", "2021"],
        "FFF",
        [[1.5, 2.5, 3.5], [4.1, 5.1, 6.1]],
    ),
    one(
        "years-among-years-are-data",
        "births.csv",
        "1951,1952,1953\n1980,1979,1991\n2001,2003,1999\n",
        ["column_1", "column_2", "column_3"],
        "III",
        [[1951, 1952, 1953], [1980, 1979, 1991], [2001, 2003, 1999]],
    ),
    one(
        "facts-in-quotes-above-a-statement-of-an-account",
        "umsatz.csv",
        '"Kontonummer:";"DE12 3456 7890"\n"Zeitraum:";"01.01.2024 - 31.01.2024"\n'
        '"Kontostand:";"1.234,56 EUR"\n\n'
        '"Buchungstag";"Empfänger";"Betrag (EUR)"\n"31.01.2024";"REWE";"-23,45"\n'
        '"30.01.2024";"Gehalt";"2.500,00"\n',
        ["Buchungstag", "Empfänger", "Betrag (EUR)"],
        "DTF",
        [["2024-01-31", "REWE", -23.45], ["2024-01-30", "Gehalt", 2500.0]],
        said=[(None, "title and comment lines above the table left out", 3)],
    ),
    one(
        "seasons-are-no-months",
        "season.csv",
        "season,goals\n2009-10,1\n2010-11,2\n2011-12,3\n",
        ["season", "goals"],
        "TI",
        [["2009-10", 1], ["2010-11", 2], ["2011-12", 3]],
        said=[("season", "kept as text: seasons", 3)],
    ),
    one(
        "months-in-step-with-no-season",
        "month.csv",
        "month,goals\n2009-10,1\n2009-11,2\n2010-11,3\n",
        ["month", "goals"],
        "DI",
        [["2009-10-01", 1], ["2009-11-01", 2], ["2010-11-01", 3]],
    ),
]
