"""Which words in a column's name say what its cells are?"""

from __future__ import annotations

import re

_CAMEL = re.compile(r"(?<=[a-zß-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_PARTS = re.compile(r"[^\W_]+|#")

ID = frozenset(
    "id ids uuid guid key sku isbn ean upc gtin iban bic vin ssn ein tin vat phone telephone tel mobile "
    "cell fax email mail login username serial barcode token hash ip mac url uri imei asin nr no num "
    "number nummer # pk fk ref reference index idx passport license licence plate ticket identifier".split()
)
# These name a thing where they stand last; in front they count it (`number_of_rooms`, `no_of_orders`).
COUNTING = frozenset("number num no nr".split())
# An index of prices is a figure, and so is a cell of a battery: the values must agree.
DOUBTFUL_ID = frozenset("index idx cell key ref ticket hash token number num no nr plate mobile".split())
GEO = frozenset(
    "lat latitude lon lng longitude country countries nation city cities town village state province county "
    "region district municipality borough continent zip zipcode postcode postal plz address street location "
    "geo coordinates coordinate iso2 iso3 land stadt ort bundesland pays ville ciudad pais país provincia "
    "cidade comune".split()
)
CODES = frozenset("code codes iso abbr abbreviation name id2 id3".split())
CATEGORY = frozenset(
    "category categories type kind class pclass grade level group cluster segment tier status state brand "
    "sector industry species gender sex code currency department dept team stage rank_group label size "
    "color colour season party shift zone ward channel method mode priority severity language lang".split()
)
DATE = frozenset(
    "date day month year quarter week weekday hour time timestamp datetime yr jahr monat tag datum period fy "
    "year_built founded born dob".split()
)
YEARS = frozenset("year yr jahr fy founded born vintage built season".split())
# Ranges of a calendar's numbers; a column of that name beyond them counts something.
CALENDAR = {
    "month": (1, 12),
    "monat": (1, 12),
    "quarter": (1, 4),
    "week": (0, 53),
    "weekday": (0, 7),
    "dayofweek": (0, 7),
    "day": (0, 366),
    "tag": (0, 366),
    "hour": (0, 24),
}
AMOUNT = frozenset(
    "price prices cost costs amount amounts total totals sum revenue sales sale profit margin income spend "
    "spending budget tax fee fees balance value qty quantity count counts units volume weight height width "
    "length depth distance duration age score rating points percent percentage pct rate ratio share avg "
    "average mean median min max temp temperature speed pressure humidity population area salary wage "
    "wages bonus discount stock inventory hours minutes seconds days weeks months years orders visits "
    "clicks views impressions users customers goals votes seats stops rooms beds baths bedrooms bathrooms "
    "passengers size mpg horsepower displacement precipitation wind rainfall betrag preis menge anzahl "
    "umsatz kosten gewicht summe wert".split()
)
FLAG = frozenset("is has was can flag active enabled deleted".split())
# Words that end in "id" and name nothing.
_NO_IDS = frozenset(
    "paid unpaid prepaid repaid bid grid solid fluid covid android hybrid avoid raid aid kid mid acid "
    "humid rapid liquid void valid invalid said laid asteroid thyroid steroid typhoid lipid plaid druid "
    "squid braid maid medicaid overlaid inlaid amid undid forbid overbid arid vivid timid rigid lucid "
    "placid stupid candid splendid horrid morbid sordid pyramid centroid ellipsoid trapezoid sigmoid "
    "rhomboid".split()
)
_JOINED_ID = re.compile(r"[a-z]{3,}id")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: `Avg_Price` and `avgPrice` are `avg`, `price`."""
    return tuple(part.casefold() for found in _PARTS.findall(name) for part in _CAMEL.split(found) if part)


def names_an_id(words: tuple[str, ...]) -> bool:
    """Whether the name says that the cells are names of things: `customer_id`, `orderid`, `phone number`."""
    if not words or words[0] in COUNTING and len(words) > 1:
        return False
    last = words[-1]
    return last in ID or (last not in _NO_IDS and _JOINED_ID.fullmatch(last) is not None)
