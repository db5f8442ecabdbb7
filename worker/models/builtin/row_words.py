"""Which words may stand for a row, as data: people, houses, animals?"""

from __future__ import annotations

PEOPLE_WORDS = frozenset({"people", "person", "individual"})
PERSON_NOUNS = PEOPLE_WORDS | {
    "passenger", "student", "employee", "respondent", "participant", "member", "worker", "patient",
}  # fmt: skip
SAME_ROWS: dict[str, tuple[str, ...]] = {
    "housing": ("house", "home", "property"), "presidential": ("president",), "staff": ("employee", "worker"),
    "employee": ("worker",), "personnel": ("employee",), "payroll": ("employee",),
    "workforce": ("employee",), "movie": ("film",), "film": ("movie",), "car": ("vehicle", "automobile"),
    "vehicle": ("car",), "auto": ("car", "vehicle"), "automobile": ("car", "vehicle"),
    "survey": ("respondent",), "customer": ("client",), "client": ("customer",), "country": ("nation",),
    "student": ("pupil",), "catalog": ("product", "item"), "inventory": ("product", "item"),
    "house": ("home",), "home": ("house",), "titanic": ("passenger",), "fleet": ("vehicle",),
}  # fmt: skip
"""What else a row of a table may be called, by the last word of the table's name."""
ROW_SIGNS: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (PERSON_NOUNS, frozenset({"age", "sex", "gender"})),
    (frozenset({"house", "home", "property"}),
     frozenset({"price", "bedroom", "bathroom", "lotsize", "story"})),
    (frozenset({"car", "vehicle", "automobile"}),
     frozenset({"cylinder", "cyl", "horsepower", "hp", "mpg", "hwy", "cty", "displacement", "displ"})),
    (frozenset({"animal", "mammal"}),
     frozenset({"vore", "genus", "bodywt", "brainwt", "conservation", "habitat", "gestation", "lifespan"})),
    (frozenset({"diamond", "gem", "stone"}), frozenset({"carat", "cut", "clarity"})),
    (frozenset({"flower", "plant"}), frozenset({"sepal", "petal"})),
    (frozenset({"earthquake", "quake"}), frozenset({"magnitude", "mag", "depth", "epicenter"})),
    (frozenset({"meal", "bill"}), frozenset({"tip", "bill"})),
    (frozenset({"worker", "employee"}),
     frozenset({"wage", "salary", "education", "experience", "union", "sex"})),
    (frozenset({"company", "firm"}), frozenset({"profit", "asset", "marketvalue", "revenue", "ceo"})),
    (frozenset({"wine"}), frozenset({"alcohol", "acidity", "sulphate", "sulfate", "ash", "proline"})),
    (frozenset({"match", "game", "fixture"}), frozenset({"home", "away"})),
    (frozenset({"movie", "film"}), frozenset({"title", "genre", "runtime", "director", "imdb", "mpaa"})),
)  # fmt: skip
"""Words for a row, and words of columns of which two tell that a row surely is one."""
DEATHS = frozenset({"death", "victim", "fatality", "casualty"})
"""What a row is in which a person has a day of death."""
