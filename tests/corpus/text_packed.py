"""Tables in gzip and zip."""

import gzip
import io
import zipfile

from sandbox_image.loaders import Asked
from tests.corpus.case import Case, Table, one

_CSV = b"city,n\nRome,1\nOslo,2\n"
_ROWS = [["Rome", 1], ["Oslo", 2]]


def _zip(files: dict[str, bytes], encrypted: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    packed = bytearray(buffer.getvalue())
    if encrypted:
        packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def _several() -> bytes:
    return _zip(
        {
            "data/cities.csv": _CSV,
            "README.txt": b"See the tables.",
            "__MACOSX/data/._cities.csv": b"\x00\x05\x16\x07",
            "people.json": b'[{"name": "Ann", "age": 3}]',
            "empty.csv": b"\n\n",
        }
    )


def _bomb() -> bytes:
    return gzip.compress(b"0,1\n" * (140 << 20), compresslevel=1)


CASES: list[Case] = [
    one(
        "csv-in-gzip",
        "cities.csv.gz",
        lambda: gzip.compress(_CSV),
        ["city", "n"],
        "TI",
        _ROWS,
        read_as={"format": "csv", "compression": "gzip"},
        name="cities",
    ),
    one("tsv-in-gzip", "t.tsv.gz", lambda: gzip.compress(b"a\tb\n1\tx\n"), ["a", "b"], "IT", [[1, "x"]]),
    one("txt-in-gzip", "t.txt.gz", lambda: gzip.compress(b"a|b\n1|x\n"), ["a", "b"], "IT", [[1, "x"]]),
    one("json-in-gzip", "t.json.gz", lambda: gzip.compress(b'[{"a": 1}, {"a": 2}]'), ["a"], "I", [[1], [2]]),
    Case(
        "several-tables-in-a-zip",
        "all.zip",
        _several,
        [
            Table(
                ["city", "n"],
                "TI",
                _ROWS,
                read_as={"member": "data/cities.csv"},
                name="cities",
                said=[(None, "empty.csv in the archive was not read", 1)],
            ),
            Table(["name", "age"], "TI", [["Ann", 3]], read_as={"member": "people.json"}, name="people"),
        ],
    ),
    one(
        "one-member-read-again",
        "all.zip",
        _several,
        ["name", "age"],
        "TI",
        [["Ann", 3]],
        asked=Asked(only={"member": "people.json"}, name="staff"),
        name="staff",
    ),
    Case("gzip-cut-off", "c.csv.gz", lambda: gzip.compress(_CSV)[:-9], refused=("truncated_file", "cut off")),
    Case("gzip-that-is-none", "c.csv.gz", _CSV, refused=("wrong_format", "no")),
    Case("gzip-of-what", "c.gz", lambda: gzip.compress(_CSV), refused=("wrong_format", "what is in it")),
    Case("gzip-bomb", "bomb.csv.gz", _bomb, refused=("too_large", "MiB when")),
    Case("zip-cut-off", "c.zip", lambda: _several()[:-40], refused=("unreadable_file", "cut off")),
    Case("zip-of-a-picture", "c.zip", lambda: _zip({"a.png": b"x"}), refused=("not_a_table", "no table")),
    Case(
        "zip-with-a-password",
        "c.zip",
        lambda: _zip({"a.csv": _CSV}, True),
        refused=("encrypted_file", "pass"),
    ),
    Case(
        "zip-of-a-workbook",
        "c.zip",
        lambda: _zip({"xl/workbook.xml": b"<w/>"}),
        refused=("wrong_format", "xlsx"),
    ),
    Case("zip-of-an-empty-table", "c.zip", lambda: _zip({"a.csv": b"\n"}), refused=("empty_file", "a.csv")),
]
