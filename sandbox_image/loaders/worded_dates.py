"""How do dates stand in words of several languages?"""

from __future__ import annotations

from collections.abc import Iterator

from .engine import quote, quote_list

_MONTHS = {
    "English": "january/jan february/feb march/mar april/apr may june/jun july/jul august/aug "
    "september/sept/sep october/oct november/nov december/dec",
    "German": "januar/jänner/jan februar/feb märz/mär/mrz april/apr mai juni/jun juli/jul august/aug "
    "september/sept/sep oktober/okt november/nov dezember/dez",
    "French": "janvier/janv février/févr/fév mars avril/avr mai juin juillet/juil août/aout septembre/sept "
    "octobre/oct novembre/nov décembre/déc",
    "Spanish": "enero/ene febrero/feb marzo/mar abril/abr mayo/may junio/jun julio/jul agosto/ago "
    "septiembre/setiembre/sept/sep octubre/oct noviembre/nov diciembre/dic",
    "Italian": "gennaio/gen febbraio/feb marzo/mar aprile/apr maggio/mag giugno/giu luglio/lug agosto/ago "
    "settembre/set ottobre/ott novembre/nov dicembre/dic",
    "Portuguese": "janeiro/jan fevereiro/fev março/mar abril/abr maio/mai junho/jun julho/jul agosto/ago "
    "setembro/set outubro/out novembro/nov dezembro/dez",
    "Dutch": "januari/jan februari/feb maart/mrt april/apr mei juni/jun juli/jul augustus/aug september/sep "
    "oktober/okt november/nov december/dec",
}
_DAY = "(?:[0-9]{1,2})(?:st|nd|rd|th|er|º)?"
_WEEKDAY = "(?:[A-Za-z]{2,9}\\.?,? )?"
_CLOCK = "(?: [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"


def worded() -> Iterator[tuple[str, str, str, str]]:
    """(key, pattern, SQL value, note) of each way."""
    for language, months in _MONTHS.items():
        names = [name for month in months.split() for name in month.split("/")]
        word = f"(?:{'|'.join(_caseless(name) for name in names)})"
        numbered = _numbered(months)
        note = f"read as date, month in {language} words"
        gap = "(?:[ .,/-]| de | del )*"
        day_first = f"{_WEEKDAY}{_DAY}{gap}{word}{gap}(?:[0-9]{{4}}|[0-9]{{2}}){_CLOCK}"
        yield f"date:{language}:day", day_first, _parsed(numbered, "%d %m %Y", "%d %m %y"), note
        if language == "English":
            month_first = f"{_WEEKDAY}{word}\\.? {_DAY},? [0-9]{{4}}{_CLOCK}"
            yield f"date:{language}:month", month_first, _parsed(numbered, "%m %d %Y"), note
        only = f"{word}{gap}(?:[0-9]{{4}}|[0-9]{{2}})"
        first_day = f"{note}; month -> its first day"
        yield f"date:{language}:only", only, _parsed(numbered, "%m %Y", "%m %y"), first_day
    ended = _parsed("{t}", "%Y %m %d")
    yield "date:年月日", f"[0-9]{{4}}年[0-9]{{1,2}}月[0-9]{{1,2}}日{_CLOCK}", ended, "read as date, 年月日"
    yield "date:년월일", "[0-9]{4}년 ?[0-9]{1,2}월 ?[0-9]{1,2}일", ended, "read as date, 년월일"
    yield (
        "date:y. m. d.",
        "[0-9]{4}\\. ?[0-9]{1,2}\\. ?[0-9]{1,2}\\.",
        ended,
        "read as date, year. month. day.",
    )
    month = _parsed("{t}", "%Y %m")
    yield "date:年月", "[0-9]{4}年[0-9]{1,2}月", month, "read as date, 年月; month -> its first day"


def _caseless(name: str) -> str:
    # Not (?i:): Python and RE2 differ on letters beyond ASCII.
    return "".join(f"[{letter}{letter.upper()}]" for letter in name)


def _numbered(months: str) -> str:
    """SQL: the cell with the month's name as its number between spaces."""
    text = "{t}"
    for number, month in enumerate(months.split(), start=1):
        names = "|".join(_caseless(name) for name in month.split("/"))
        # The day of the week was in front, and may begin as a month does (`Mar` is a Tuesday in French).
        found, put = quote(f"([^A-Za-z]|^)({names})([^a-z]|$)"), quote(f"\\1 {number} \\3")
        text = f"regexp_replace({text}, {found}, {put})"
    return text


def _parsed(text: str, *formats: str) -> str:
    digits = f"trim(regexp_replace({text}, '[^0-9]+', ' ', 'g'))"
    stamps = [day + clock for day in formats for clock in ("", " %H %M", " %H %M %S")]
    return f"try_strptime({digits}, [{quote_list(stamps)}])"
