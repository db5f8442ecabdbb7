"""Nasty JSON: objects and lists inside records, and features of maps."""

import json

from sandbox_image.loaders.read_as import Asked
from tests.corpus.case import Case, Table, one

POINTS = {
    "type": "FeatureCollection",
    "name": "cities",
    "features": [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"city": "Rome", "pop": {"men": 1, "women": 2}},
            "geometry": {"type": "Point", "coordinates": [12.5, 41.9]},
        },
        {"type": "Feature", "id": 8, "properties": {"city": "Nowhere"}, "geometry": None},
    ],
}
AREA = {
    "type": "Feature",
    "properties": {"lat": "north", "n": 1},
    "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
}
ORDERS = [
    {
        "id": "A1",
        "who": {"name": "Ann"},
        "items": [{"sku": "x", "n": 1}, {"sku": "y", "n": 2}],
        "tags": ["p", "q"],
    },
    {"id": "A2", "who": {"name": "Bob"}, "items": [], "tags": None},
    {"id": "A3", "who": {"name": "Cid"}, "items": [{"sku": "z", "n": 3, "gift": True}], "tags": []},
]

CASES: list[Case] = [
    Case(
        "json-lists-of-objects",
        "orders.json",
        json.dumps(ORDERS).encode(),
        [
            Table(
                ["id", "who.name", "items", "tags"],
                "TTTT",
                [
                    ["A1", "Ann", json.dumps(ORDERS[0]["items"]), '["p", "q"]'],
                    ["A2", "Bob", "[]", None],
                    ["A3", "Cid", json.dumps(ORDERS[2]["items"]), "[]"],
                ],
                said=[("items", "lists kept as JSON text", 3), ("tags", "lists kept as JSON text", 2)],
                name="orders",
            ),
            Table(
                ["orders_row", "orders_id", "sku", "n", "gift"],
                "ITTIT",
                [[0, "A1", "x", 1, None], [0, "A1", "y", 2, None], [2, "A3", "z", 3, True]],
                name="orders_items",
                read_as={"key": "items[]"},
            ),
        ],
    ),
    one(
        "json-two-lists-of-objects-stay-text",
        "a.json",
        '[{"x":[{"n":1}],"y":[{"m":2}]}]',
        ["x", "y"],
        "TT",
        [['[{"n": 1}]', '[{"m": 2}]']],
    ),
    one(
        "json-nested-three-levels",
        "a.json",
        '[{"a":{"b":{"c":1,"d":{"e":"x"}}}},{"a":{"b":{"c":2}}},{"a":null}]',
        ["a.b.c", "a.b.d.e"],
        "FT",
        [[1, "x"], [2, None], [None, None]],
    ),
    one(
        "json-geo-features",
        "cities.json",
        json.dumps(POINTS),
        ["id", "city", "pop.men", "pop.women", "geometry.type", "geometry.coordinates", "lat", "lon"],
        "ITFFTTFF",
        [
            [7, "Rome", 1, 2, "Point", "[12.5, 41.9]", 41.9, 12.5],
            [8, "Nowhere", None, None, None, None, None, None],
        ],
        read_as={"shape": "features"},
    ),
    one(
        "json-geo-lines-with-a-property-called-lat",
        "areas.json",
        json.dumps(AREA) + "\n" + json.dumps(AREA),
        ["lat", "n", "geometry.type", "geometry.coordinates"],
        "TITT",
        [["north", 1, "Polygon", json.dumps(AREA["geometry"]["coordinates"])]] * 2,  # type: ignore[index]
    ),
    one(
        "json-hidden-inside-lists",
        "orders.json",
        json.dumps([{"id": "A1", "lines": [{"sku": "x", "Price": 7}], "n": 1}]),
        ["lines", "n"],
        "TI",
        [['[{"sku": "x"}]', 1]],
        asked=Asked(hidden=frozenset({"price", "id"}), only={"shape": "records"}),
    ),
    one(
        "json-a-hidden-list-is-no-table",
        "orders.json",
        json.dumps([{"id": "A1", "lines": [{"sku": "x"}], "n": 1}]),
        ["id", "n"],
        "TI",
        [["A1", 1]],
        asked=Asked(hidden=frozenset({"lines"})),
        unsaid=["sku"],
    ),
]
