"""Which words mean which operation, comparison or period, and which words of names say what a column is?"""

from __future__ import annotations

AGGREGATES: dict[str, tuple[str, ...]] = {
    "sum": ("sum", "total", "sum total", "total sum", "combined", "overall total", "grand total"),
    "mean": ("mean", "average", "avg", "average value", "mean value", "arithmetic mean"),
    "median": ("median", "median value"),
    "std": ("standard deviation", "std", "stdev", "std dev", "std deviation", "sample standard deviation"),
    "var": ("variance", "var", "sample variance"),
    "range": ("range", "value range"),
    "min": ("minimum", "min", "lowest", "smallest", "minimal", "minimum value", "lowest value",
    "smallest value"),
    "max": (
        "maximum", "max", "highest", "largest", "biggest", "greatest", "maximal",
        "maximum value", "highest value", "largest value",
    ),
}  # fmt: skip
DATE_AGGREGATES = {"min": ("earliest", "oldest", "first"), "max": ("latest", "newest", "most recent", "last")}
QUARTILES = {"first": 0.25, "lower": 0.25, "1st": 0.25, "third": 0.75, "upper": 0.75, "3rd": 0.75}

MOST = ("highest", "largest", "greatest", "biggest", "maximum", "max", "most", "top")
LEAST = ("lowest", "smallest", "least", "minimum", "min", "fewest")
SUPERLATIVES = frozenset({"highest", "largest", "biggest", "greatest", "lowest", "smallest"})
DISTINCT = ("unique", "distinct", "different")
TABLE_WORDS = frozenset({"dim", "fact", "tbl", "table", "data", "dataset", "df", "csv", "list", "all", "raw"})
"""Words of a table's name that say nothing of its rows."""
ROW_NOUNS = ("row", "record", "entry", "observation")

COMPARISONS: dict[str, tuple[str, ...]] = {
    ">": (">", "greater than", "more than", "above", "over", "higher than", "larger than", "bigger than",
          "exceeds", "exceeding"),
    ">=": (">=", "at least", "greater than or equal to", "more than or equal to", "no less than",
           "not less than", "not below"),
    "<": ("<", "less than", "below", "under", "lower than", "smaller than", "fewer than"),
    "<=": ("<=", "at most", "less than or equal to", "no more than", "not more than", "not above",
           "up to"),
    "=": ("=", "==", "equal to", "equals", "exactly", "equal"),
    "!=": ("!=", "<>", "not equal to", "other than"),
}  # fmt: skip

COUNT_WORDS = frozenset(
    {"count", "cnt", "total", "number", "num", "n", "freq", "frequency", "case", "headcount"}
)
"""Words of a column that says how many of a thing one row stands for."""
TOTAL_VALUES = frozenset(
    {"total", "totals", "grand total", "subtotal", "sub-total", "sub total", "overall", "sum"}
)
"""Values that mark a row as the sum of others."""
NOTHING_VALUES = frozenset(
    {"no", "none", "n/a", "na", "nothing", "nil", "unknown", "missing", "empty", "null"}
)
STOP_VALUES = frozenset({
    "me", "hi", "ok", "us", "as", "so", "be", "do", "go", "if", "up", "my", "am", "he", "she", "they",
    "them", "was",
    "were", "has", "have", "can", "id", "pa", "ma", "la", "de",
    "all", "any", "each", "every", "the", "a", "an", "by", "in", "of", "for", "and", "or", "not", "no",
    "yes", "none",
    "total", "most", "least", "average", "mean", "median", "max", "min", "sum", "count", "first", "last",
    "top",
    "bottom", "which", "what", "how", "who", "is", "are", "true", "false", "per", "with", "row", "rows",
    "data", "both",
    "other", "number", "more", "less", "than", "from", "to", "on", "at", "it", "this", "that", "there", "we",
    "i",
})  # fmt: skip
"""Values that are also words of questions: they are values only where their column is named."""
CLOCK_WORDS = frozenset({"time", "timestamp", "datetime", "ts"})
PEAK_WORDS = frozenset({"price", "temperature", "temp", "age", "height", "speed"})
"""Words of a column whose highest single value is meant by "the highest"."""

CURRENCIES = {
    "$": frozenset({"usd", "dollar"}), "€": frozenset({"eur", "euro"}), "£": frozenset({"gbp", "pound"}),
    "¥": frozenset({"jpy", "yen"}),
}  # fmt: skip
OTHER_CURRENCIES = frozenset(
    {"chf", "sek", "nok", "dkk", "pln", "czk", "huf", "cad", "aud", "cny", "inr", "brl"}
)
PERIODS = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}
PERIOD_ADJECTIVES = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annual": "year",
}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",),
            ("june", "jun"), ("july", "jul"), ("august", "aug"), ("september", "sep", "sept"),
            ("october", "oct"), ("november", "nov"), ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "fifty": 50, "hundred": 100,
}  # fmt: skip

ABBREVIATIONS = {
    "qty": "quantity", "amt": "amount", "dest": "destination", "pop": "population", "temp": "temperature",
    "dept": "department", "acct": "account", "mgr": "manager", "pct": "percent", "lang": "language",
    "displ": "displacement", "accel": "acceleration", "elev": "elevation", "wt": "weight", "wgt": "weight",
    "hwy": "highway", "educ": "education", "precip": "precipitation", "yr": "year",
    "yrs": "year", "exper": "experience", "mag": "magnitude",
}  # fmt: skip
"""Short forms in names of columns that can only mean one word."""
WOMEN = frozenset({"female", "f", "woman", "w"})
MEN = frozenset({"male", "m", "man"})
SEXES = {
    "women": WOMEN, "woman": WOMEN, "female": WOMEN, "females": WOMEN,
    "men": MEN, "man": MEN, "male": MEN, "males": MEN,
}  # fmt: skip
ADJECTIVES = {
    "hottest": (False, frozenset({"temperature"})), "warmest": (False, frozenset({"temperature"})),
    "coldest": (True, frozenset({"temperature"})), "coolest": (True, frozenset({"temperature"})),
    "windiest": (False, frozenset({"wind"})), "strongest": (False, frozenset({"magnitude"})),
    "deepest": (False, frozenset({"depth"})), "most populous": (False, frozenset({"population"})),
    "least populous": (True, frozenset({"population"})),
    "longest": (False, frozenset({"length", "duration", "distance", "runtime", "minute"})),
    "shortest": (True, frozenset({"length", "duration", "distance", "runtime", "minute", "height"})),
    "heaviest": (False, frozenset({"weight", "mass"})),
    "lightest": (True, frozenset({"weight", "mass"})),
    "tallest": (False, frozenset({"height"})),
    "oldest": (False, frozenset({"age"})),
    "youngest": (True, frozenset({"age"})),
    "fastest": (False, frozenset({"speed"})),
    "slowest": (True, frozenset({"speed"})),
    "cheapest": (True, frozenset({"price", "cost"})),
    "priciest": (False, frozenset({"price", "cost"})),
    "most expensive": (False, frozenset({"price", "cost"})),
    "least expensive": (True, frozenset({"price", "cost"})),
    "best paid": (False, frozenset({"salary", "wage"})),
    "highest paid": (False, frozenset({"salary", "wage"})),
    "lowest paid": (True, frozenset({"salary", "wage"})),
}  # fmt: skip
"""What is least or most of which columns: `heaviest` is the highest weight."""
OF_MANY = frozenset({"hottest", "warmest", "coldest", "coolest", "windiest"})
"""Superlatives that may be about an average, where there are several rows of what is asked for."""
COMPARATIVES = {
    "longer than": (">", "longest"), "heavier than": (">", "heaviest"), "lighter than": ("<", "lightest"),
    "taller than": (">", "tallest"), "older than": (">", "oldest"), "younger than": ("<", "youngest"),
    "deeper than": (">", "deepest"),
    "faster than": (">", "fastest"), "slower than": ("<", "slowest"), "cheaper than": ("<", "cheapest"),
    "more expensive than": (">", "priciest"), "cost more than": (">", "priciest"),
    "cost less than": ("<", "priciest"), "costs more than": (">", "priciest"),
    "earn more than": (">", "best paid"), "earn less than": ("<", "best paid"),
    "earns more than": (">", "best paid"), "weigh more than": (">", "heaviest"),
    "weigh less than": ("<", "heaviest"), "sold for more than": (">", "priciest"),
    "shorter than": ("<", "shortest"),
}  # fmt: skip
VERBS = (
    "measured", "recorded", "observed", "reported", "registered", "logged", "listed", "made", "placed",
    "taken", "counted",
)  # fmt: skip
"""Verbs that say no more of a row than that it is there."""

REQUESTS = (
    "please", "kindly", "can you", "could you", "would you", "will you", "i want to know", "i want to see",
    "i want", "i would like to know", "i would like to see", "i would like", "i need to know", "i need",
    "show", "show me", "give", "give me", "tell me", "find", "find out", "find me", "calculate", "compute",
    "determine", "get", "get me", "list", "display", "print", "return", "report", "analyze", "analyse",
    "what is", "what are", "what was", "what were", "what", "identify", "let me know", "let me see",
    "let us see", "do you know", "the", "a", "an", "hi", "hello", "hey", "all", "all the", "work out",
)  # fmt: skip
CHART_REQUESTS = (
    "plot",
    "draw",
    "chart",
    "graph",
    "visualize",
    "visualise",
    "plot of",
    "chart of",
    "graph of",
)
CLOSINGS = (
    "please", "in the data", "in the dataset", "in the data set", "in this dataset", "in this data",
    "in the table", "in this table", "in my data", "in the file", "in this file", "overall", "in total",
    "altogether", "are there", "is there", "was there", "were there", "there are", "there", "do we have",
    "do i have", "exist", "thanks", "thank you", "in all", "for me", "are in the data", "are in the table",
    "are in the dataset", "does the table have", "does the data have", "does the dataset have",
    "does it have", "of the data", "of the dataset", "of the table", "of this table", "of this dataset",
)  # fmt: skip

ID_WORDS = frozenset({
    "id", "ids", "code", "zip", "zipcode", "postcode", "postal", "phone", "telephone", "key", "uuid", "guid",
    "sku", "isbn", "ean", "ssn", "barcode", "pin", "fax", "iban", "latitude", "longitude", "lat", "lon",
    "lng",
    "index", "number", "no", "nr", "num", "rank",
})  # fmt: skip
CALENDAR_WORDS = frozenset({"year", "month", "day", "week", "quarter", "hour", "weekday", "yr", "yyyy"})
YEAR_NAMES = frozenset({("year",), ("yr",), ("yyyy",), ("fiscal", "year"), ("calendar", "year")})
RATE_WORDS = frozenset({
    "price", "rate", "ratio", "avg", "average", "mean", "median", "temperature", "temp", "score", "rating",
    "age", "percent", "percentage", "pct", "share", "margin", "humidity", "speed", "pressure", "index",
    "density", "gpa", "grade", "height", "bmi", "latency", "probability",
})  # fmt: skip
UNSUMMED_WORDS = frozenset({
    "rate", "ratio", "temperature", "temp", "rating", "age", "percent", "percentage", "pct", "humidity",
    "avg", "average", "mean", "median", "density", "bmi", "gpa", "probability", "latency", "satisfaction",
})  # fmt: skip
"""Words of a column of which nobody asks for a total."""
LEVEL_WORDS = frozenset({
    "population", "balance", "stock", "inventory", "level", "cumulative", "running", "headcount", "capacity",
    "rank", "year", "min", "max", "minimum", "maximum",
})  # fmt: skip
ADDITIVE_WORDS = frozenset({
    "revenue", "sale", "profit", "quantity", "qty", "unit", "turnover", "amount", "sold", "click", "visit",
    "impression", "view", "donation", "spend", "spending", "expense",
})  # fmt: skip
MONEY_WORDS = frozenset({"price", "cost", "amount", "charge", "fee", "sale", "paid", "pay"})
COUNTED_WORDS = frozenset({
    "unit", "click", "visit", "impression", "view", "conversion", "passenger", "absence", "download",
})  # fmt: skip
"""Things of which a column holds how many there are, so that "how many" asks for its sum."""
ADDITIVE_HEADS = COUNTED_WORDS | {"precipitation", "rainfall", "snowfall"}
"""Words that tell of a sum only where they are the last of a name: not in `passenger_class`."""
STOCK_WORDS = frozenset({
    "follower", "subscriber", "member", "user", "employee", "inhabitant", "resident", "people", "student",
    "household", "account", "store", "bed", "seat", "room", "vehicle", "pupil", "point",
})  # fmt: skip
"""Things that are there for long: the same ones may be counted in each row."""
PEOPLE_WORDS = frozenset({
    "woman", "women", "man", "men", "female", "male", "girl", "boy", "person", "people", "child", "children",
    "adult", "voter", "student", "pupil", "inhabitant", "resident", "worker", "smoker", "migrant",
})  # fmt: skip
PAY_WORDS = frozenset({"salary", "wage", "compensation", "pay"})
"""What people earn: no sum of it by the dates of a table is a trend."""
MASS_WORDS = frozenset({
    "precipitation", "rainfall", "rain", "snowfall", "snow", "generation", "production", "consumption",
    "energy", "income", "traffic",
})  # fmt: skip
"""Things of which there is most where the sum is highest, though they have no plural."""
ENTITY_WORDS = frozenset({
    "order", "product", "item", "customer", "client", "user", "employee", "invoice", "store", "student",
    "patient", "movie", "film", "book", "car", "house", "flight", "player", "team", "listing", "property",
    "member", "account", "staff", "person", "vehicle", "ticket", "match", "game", "country", "city",
    "shipment", "purchase", "transaction", "trip", "booking", "loan", "claim", "accident", "incident",
    "earthquake", "rental",
})  # fmt: skip
"""Things that are told apart one by one: a row may be one, and an average per one may be a ratio."""
REUSED_NUMBERS = frozenset({"flight", "train", "bus"})
"""Things whose number names a route, so that it does not tell one from the next."""
CHANGED_WORDS = frozenset({
    "target", "budget", "planned", "plan", "expected", "forecast", "forecasted", "previous", "prior", "last",
    "next", "old", "new", "lost", "estimated", "cumulative", "running", "per", "growth", "change", "goal",
    "quota", "projected", "predicted", "minimum", "maximum", "min", "max", "non", "not", "no", "without",
    "before", "after", "remaining", "cancelled", "canceled", "refunded", "returned", "potential", "limit",
    "credit", "percent", "pct", "percentage", "avg", "average", "mean", "median", "rank", "id", "type",
    "manager", "rep", "person", "channel", "unique", "distinct",
})  # fmt: skip
LEADING_WORDS = frozenset({
    "order", "product", "item", "customer", "client", "user", "employee", "sale", "transaction", "invoice",
    "store", "shop", "company", "student", "patient", "passenger", "movie", "film", "book", "car", "house",
    "flight", "player", "team", "unit", "listing", "property", "member", "account", "staff", "is", "has",
    "was", "person", "vehicle", "the", "annual",
})  # fmt: skip
"""Words that may stand before the head of a name and be left out: `order_date` is "date"."""
TRAILING_WORDS = frozenset({
    "name", "title", "usd", "eur", "gbp", "kg", "km", "cm", "mm", "lb", "inr", "jpy", "chf", "celsius",
    "in", "km2", "m2", "sqm", "sqft", "ha", "mg", "ms", "kwh", "mw",
    "g", "lbs", "oz", "ft", "ml", "mph", "kmh", "deg",
})  # fmt: skip
"""Words that may stand after the head and be left out: `product_name` is "product"."""
TRAILING_UNITS = frozenset({"minutes", "hours", "seconds", "dollars", "euros", "meters", "metres", "miles"})
"""Units that may be left out too, but only in the plural: `arrival_hour` is no "arrival"."""
