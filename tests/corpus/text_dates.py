"""Nasty text files: dates, a column each."""

from tests.corpus.case import Case, one


def _dates(id: str, cells: list[str], truth: list[str | None], letter: str = "D", **facts: object) -> Case:
    text = "day|k\n" + "".join(f"{cell}|x\n" for cell in cells)
    return one(id, "days.txt", text, ["day", "k"], f"{letter}T", [[cell, "x"] for cell in truth], **facts)


def _text(id: str, cells: list[str], **facts: object) -> Case:
    return _dates(id, cells, list(cells), "T", **facts)


_JAN = ["2024-01-31", "2024-02-01"]

CASES: list[Case] = [
    _dates("iso", ["2024-01-31", "2024-02-01"], list(_JAN)),
    _dates("iso-with-slashes", ["2024/1/31", "2024/02/01"], list(_JAN)),
    _dates("iso-with-gap", ["2024-01-31", "", "-"], ["2024-01-31", None, None]),
    _dates("dmy-by-evidence", ["31/01/2024", "01/02/2024"], list(_JAN), unsaid=["ambiguous"]),
    _dates("mdy-by-evidence", ["01/31/2024", "02/01/2024"], list(_JAN), unsaid=["ambiguous"]),
    _dates("dmy-dots", ["31.01.2024", "1.2.2024"], list(_JAN)),
    _dates("dmy-dots-short", ["31.01.24", "01.02.24"], list(_JAN)),
    _dates("dmy-dashes", ["31-01-2024", "01-02-2024"], list(_JAN)),
    _dates("mdy-short", ["1/31/24", "2/1/24"], list(_JAN)),
    _dates(
        "ambiguous-slashes",
        ["03/04/2024", "05/06/2024"],
        ["2024-03-04", "2024-05-06"],
        said=[("day", "ambiguous dates read month first", 2)],
    ),
    _dates(
        "evidence-in-the-last-row",
        [*["03/04/2024"] * 3000, "25/04/2024"],
        [*["2024-04-03"] * 3000, "2024-04-25"],
        unsaid=["ambiguous"],
    ),
    _dates("ymd-short", ["24-01-31", "24-02-01", "24-02-15"], [*_JAN, "2024-02-15"]),
    _dates("compact", ["20240131", "20240201"], list(_JAN), said=[("day", "yearmonthday", 2)]),
    _dates(
        "compact-with-time", ["20240131T101500", "20240201T000000"], ["2024-01-31T10:15:00", "2024-02-01"]
    ),
    _dates("english-words", ["31 Jan 2024", "1 February 2024"], list(_JAN)),
    _dates("english-month-first", ["Jan 31, 2024", "February 1, 2024"], list(_JAN)),
    _dates("english-ordinals", ["31st January 2024", "1st February 2024"], list(_JAN)),
    _dates("english-dashes-short", ["31-Jan-24", "01-Feb-24"], list(_JAN)),
    _dates("english-weekdays", ["Wed, 31 Jan 2024", "Thu, 1 Feb 2024"], list(_JAN)),
    _dates("german-words", ["31. Januar 2024", "1. März 2024"], ["2024-01-31", "2024-03-01"]),
    _dates("german-words-short", ["31. Okt. 2024", "1. Dez. 2024"], ["2024-10-31", "2024-12-01"]),
    _dates("french-words", ["31 janvier 2024", "1 août 2024"], ["2024-01-31", "2024-08-01"]),
    _dates("spanish-words", ["31 de enero de 2024", "1 de agosto de 2024"], ["2024-01-31", "2024-08-01"]),
    _dates("japanese-marks", ["2024年1月31日", "2024年2月1日"], list(_JAN)),
    _dates(
        "months", ["Jan 2024", "Feb 2024"], ["2024-01-01", "2024-02-01"], said=[("day", "its first day", 2)]
    ),
    _dates("months-iso", ["2024-01", "2024-02"], ["2024-01-01", "2024-02-01"]),
    _dates("months-german", ["Mai 2024", "Oktober 2024"], ["2024-05-01", "2024-10-01"]),
    _dates("quarters", ["2024-Q1", "2024-Q2"], ["2024-01-01", "2024-04-01"], said=[("day", "quarter ->", 2)]),
    _dates("quarters-first", ["Q1 2024", "Q4 2024"], ["2024-01-01", "2024-10-01"]),
    _text("weeks-stay-text", ["2024-W05", "2024-W06"]),
    _dates(
        "clock-of-twelve",
        ["01/31/2024 1:05 PM", "02/01/2024 12:00 AM"],
        ["2024-01-31T13:05:00", "2024-02-01"],
    ),
    _dates("clock-with-fractions", ["2024-01-31 10:20:30.5"], ["2024-01-31T10:20:30.500000"]),
    _dates("clock-with-comma-fractions", ["2024-01-31 10:20:30,123"], ["2024-01-31T10:20:30.123000"]),
    _dates("german-clock", ["31.01.2024 14:05", "01.02.2024 00:00"], ["2024-01-31T14:05:00", "2024-02-01"]),
    _dates(
        "zones", ["2024-01-31T10:00:00Z", "2024-02-01T02:00:00+02:00"], ["2024-01-31T10:00:00", "2024-02-01"]
    ),
    _dates("utc-in-words", ["2024-01-31 10:00:00 UTC"], ["2024-01-31T10:00:00"]),
    _dates("two-digit-years-of-two-centuries", ["31.12.68", "01.01.69"], ["2068-12-31", "1969-01-01"]),
    _text("not-in-the-calendar", ["30/02/2024", "01/02/2024"], said=[("day", "not in the calendar", 2)]),
    _text("beyond-2261", ["9999-12-31", "2024-01-01"], said=[("day", "outside the years 1678 to 2261", 2)]),
    _text("before-1678", ["1066-10-14", "1492-10-12"], said=[("day", "outside the years", 2)]),
    _text("clock-times-alone", ["10:30", "11:45"]),
    _text("durations", ["1:02:03", "25:00:00"]),
    one(
        "orders-follow-the-other-dates-of-the-file",
        "d.csv",
        "a,b\n03/04/2024,25/12/2024\n05/06/2024,26/12/2024\n",
        ["a", "b"],
        "DD",
        [["2024-04-03", "2024-12-25"], ["2024-06-05", "2024-12-26"]],
        said=[("a", "as in the file's other dates", 2)],
    ),
    one(
        "day-first-in-a-file-of-semicolons",
        "d.csv",
        "tag;wert\n03/04/2024;1,5\n05/06/2024;2,5\n",
        ["tag", "wert"],
        "DF",
        [["2024-04-03", 1.5], ["2024-06-05", 2.5]],
        said=[("tag", "ambiguous dates read day first", 2)],
    ),
    one(
        "order-numbers-are-no-dates",
        "o.csv",
        "order_no,n\n20240131,1\n20240201,2\n",
        ["order_no", "n"],
        "II",
        [[20240131, 1], [20240201, 2]],
    ),
]
