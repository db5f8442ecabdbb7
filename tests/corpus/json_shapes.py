"""Nasty JSON: the shapes in which tables come, and where in a document they are."""

import json

from sandbox_image.loaders.read_as import Asked, ReadAs
from tests.corpus.case import Case, Table, one

ROWS = [[1, "x"], [2, "y"]]
RECORDS = '[{"a":1,"b":"x"},{"a":2,"b":"y"}]'


def _both(path: str) -> Asked:
    return Asked(read_as=ReadAs(key=path))


CASES: list[Case] = [
    one("json-records", "a.json", RECORDS, ["a", "b"], "IT", ROWS, read_as={"shape": "records"}),
    one(
        "json-lines",
        "a.json",
        '{"a":1,"b":"x"}\n\n{"a":2,"b":"y"}',
        ["a", "b"],
        "IT",
        ROWS,
        read_as={"shape": "lines"},
    ),
    one(
        "json-objects-one-after-the-other",
        "a.json",
        '{\n  "a": 1,\n  "b": "x"\n}\n{\n  "a": 2,\n  "b": "y"\n}\n',
        ["a", "b"],
        "IT",
        ROWS,
        read_as={"shape": "lines"},
    ),
    one("json-lines-of-arrays", "a.json", '["a","b"]\n[1,"x"]\n[2,"y"]\n', ["a", "b"], "IT", ROWS),
    one(
        "json-columns",
        "a.json",
        '{"a":[1,2],"b":["x","y"]}',
        ["a", "b"],
        "IT",
        ROWS,
        read_as={"shape": "columns"},
    ),
    one("json-pandas-columns", "a.json", '{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}', ["a", "b"], "IT", ROWS),
    one("json-pandas-index", "a.json", '{"0":{"a":1,"b":"x"},"1":{"a":2,"b":"y"}}', ["a", "b"], "IT", ROWS),
    one(
        "json-pandas-split",
        "a.json",
        '{"columns":["a","b"],"index":[0,1],"data":[[1,"x"],[2,"y"]]}',
        ["a", "b"],
        "IT",
        ROWS,
        unsaid=["left out"],
    ),
    one(
        "json-pandas-split-data-first-100-rows",
        "a.json",
        json.dumps(
            {"data": [["n", i] for i in range(100)], "index": list(range(100)), "columns": ["a", "b"]}
        ),
        ["a", "b"],
        "TI",
        [["n", i] for i in range(100)],
    ),
    one(
        "json-pandas-table",
        "a.json",
        '{"schema":{"fields":[{"name":"index","type":"integer"},{"name":"a","type":"integer"}],'
        '"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":0,"a":5},{"index":1,"a":6}]}',
        ["index", "a"],
        "II",
        [[0, 5], [1, 6]],
    ),
    one("json-rows-of-values", "a.json", '[[1,"x"],[2,"y"]]', ["column_1", "column_2"], "IT", ROWS),
    one(
        "json-rows-with-a-header",
        "a.json",
        '[["a","b"],[1,"x"],[2,"y"]]',
        ["a", "b"],
        "IT",
        ROWS,
        read_as={"header_row": 0},
    ),
    one("json-single-values", "a.json", "[3,1,2]", ["value"], "I", [[3], [1], [2]]),
    one(
        "json-rows-by-name",
        "a.json",
        '{"ann":{"age":31,"city":"Rome"},"bob":{"age":40,"city":"Oslo"}}',
        ["key", "age", "city"],
        "TIT",
        [["ann", 31, "Rome"], ["bob", 40, "Oslo"]],
    ),
    one(
        "json-a-table-under-a-key",
        "a.json",
        '{"status":"ok","count":2,"items":' + RECORDS + "}",
        ["a", "b"],
        "IT",
        ROWS,
        said=[(None, 'key "count" is not part of the table', 1), (None, 'key "status" is not', 1)],
        read_as={"key": "items"},
        name="a",
    ),
    one(
        "json-a-table-two-levels-down",
        "a.json",
        '{"meta":{"page":1},"data":{"total":2,"rows":' + RECORDS + "}}",
        ["a", "b"],
        "IT",
        ROWS,
        said=[(None, 'key "meta" is not', 1), (None, 'key "total" is not', 1)],
        read_as={"key": "data.rows"},
    ),
    one(
        "json-columns-two-levels-down",
        "a.json",
        '{"response":{"data":{"a":[1,2],"b":["x","y"]}}}',
        ["a", "b"],
        "IT",
        ROWS,
        read_as={"key": "response.data"},
    ),
    Case(
        "json-two-tables-under-keys",
        "shop.json",
        b'{"fruit":[{"a":1}],"staff":[{"n":"Ann"}],"v":3}',
        [
            Table(["a"], "I", [[1]], name="shop_fruit", read_as={"key": "fruit"}),
            Table(["n"], "T", [["Ann"]], name="shop_staff"),
        ],
    ),
    one(
        "json-a-key-asked-for",
        "shop.json",
        '{"fruit":[{"a":1}],"deep":{"staff":[{"n":"Ann"}]}}',
        ["n"],
        "T",
        [["Ann"]],
        asked=_both("deep.staff"),
        read_as={"key": "deep.staff"},
    ),
    Case(
        "json-a-key-that-is-not-there",
        "shop.json",
        b'{"fruit":[{"a":1}]}',
        refused=("not_a_table", 'nothing under the key "meat"'),
        asked=_both("meat"),
    ),
    one(
        "json-names-beside-the-rows",
        "a.json",
        '{"fields":["a","b"],"total":2,"values":[[1,"x"],[2,"y"]]}',
        ["a", "b"],
        "IT",
        ROWS,
        said=[(None, 'key "total" is not', 1)],
    ),
    one(
        "json-described-columns-beside-the-rows",
        "a.json",
        '{"columns":[{"name":"a","type":"int"},{"name":"b","type":"text"}],"rows":[[1,"x"],[2,"y"]]}',
        ["a", "b"],
        "IT",
        ROWS,
    ),
    one("json-pages-of-records", "a.json", '[{"a":1}]\n[{"a":2},{"a":3}]\n', ["a"], "I", [[1], [2], [3]]),
    Case(
        "json-tables-of-each-region",
        "a.json",
        b'{"north":{"rows":[{"a":1}]},"south":{"rows":[{"a":2}]}}',
        [Table(["a"], "I", [[1]], name="a_north_rows"), Table(["a"], "I", [[2]], name="a_south_rows")],
    ),
    Case("json-no-rows-under-its-key", "a.json", b'{"data":[],"count":0}', refused=("empty_file", "data: 0")),
    one(
        "json-types-and-nulls-asked",
        "a.json",
        '[{"id":1,"n":"5"},{"id":2,"n":"gone"}]',
        ["id", "n"],
        "TF",
        [["1", 5], ["2", None]],
        asked=Asked(read_as=ReadAs(types={"id": "text"}, nulls=("gone",))),
    ),
    one(
        "json-totals-below",
        "a.json",
        '[{"item":"fig","n":1},{"item":"kiwi","n":2},{"item":"plum","n":4},{"item":"Total","n":7}]',
        ["item", "n"],
        "TI",
        [["fig", 1], ["kiwi", 2], ["plum", 4]],
        said=[(None, 'totals in row 4, "Total", left out', 1)],
    ),
    one("json-one-record", "a.json", '{"a":1,"b":"x","c":{"d":2}}', ["a", "b", "c.d"], "ITI", [[1, "x", 2]]),
    one(
        "json-utf16",
        "a.json",
        '[{"ä":"ö€"}]'.encode("utf-16"),
        ["ä"],
        "T",
        [["ö€"]],
        read_as={"encoding": "utf-16"},
    ),
    one("json-bom", "a.json", b'\xef\xbb\xbf[{"a":1}]', ["a"], "I", [[1]]),
    one(
        "json-a-long-line-of-20000-records",
        "long.json",
        "[" + ", ".join(f'{{"n": {i}, "brace": "}},{{"}}' for i in range(20_000)) + "]",
        ["n", "brace"],
        "IT",
        [[i, "},{"] for i in range(20_000)],
    ),
]
