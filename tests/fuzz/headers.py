"""Which headers may a liar put under a genuine mac: JSON of every known type, with fields that are wrong?"""

from __future__ import annotations

import random

FIELDS = {
    "hello": ("version", "key"),
    "put": ("name", "last"),
    "load": ("attempt", "files", "taken", "wall_seconds", "output"),
    "run": ("attempt", "language", "code", "tables", "wall_seconds", "output", "net"),
    "net_open": ("attempt", "conn"),
    "net_data": ("conn",),
    "net_end": ("conn", "reset"),
    "net_credit": ("conn", "bytes"),
    "ready": ("version", "facts"),
    "stdout": ("attempt", "tail"),
    "stderr": ("attempt", "tail"),
    "result": ("attempt", "result"),
    "error": ("attempt", "name", "message", "traceback"),
    "file": ("attempt", "role", "name", "mime", "index", "last", "size"),
    "profile": ("attempt", "file_id", "tables", "error"),
    "end": (
        "attempt",
        "status",
        "signal",
        "exit_code",
        "stdout_bytes",
        "stderr_bytes",
        "cpu_seconds",
        "dropped",
    ),
    "feed": ("round", "last"),
    "feed_start": ("attempt", "file_id", "round", "bytes"),
    "feed_credit": ("attempt", "round", "bytes"),
    "feed_used": ("bytes",),
    "part": ("file_id", "name", "first", "last"),
    "dropped": ("name", "reason"),
    "done": (),
    "stop": (),
}
ODD_VALUES = (
    *(
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "-0",
        "0.0",
        "1.0",
        "1e-400",
        "1.7e308",
        "9" * 4000,
        "-" + "9" * 19,
    ),
    *(
        "18446744073709551616",
        '""',
        '"\\u0000"',
        '"\\ud800"',
        '"\\udfff\\ud800"',
        '"../../etc/passwd"',
        '"\\n\\r"',
    ),
    *("[]", "{}", "[[]]", "[null,1,[]]", '{"a":1,"a":[]}', '{"":{"":{"":0}}}', "[" * 400 + "]" * 400),
    *(
        '{"a":' * 300 + "1" + "}" * 300,
        '"' + "x" * 5000 + '"',
        '["\\u202e", "\\u001b[31m"]',
        '{"type":"table"}',
    ),
    *('{"type":["scalar"],"value":1}', '{"type":{"a":1},"value":1}', '{"type":"scalar","value":1}', '"ok"'),
)
"""JSON that a decoder must take; what it means is for who reads the field."""
BAD_VALUES = (
    *("NaN", "Infinity", "-Infinity", "1e400", "-1e999999", "1" * 5000, "-" + "7" * 100_000, "[" * 3000),
    *("[" * 3000 + "]" * 3000, '{"a":' * 3000 + "1" + "}" * 3000, "01", "+1", ".5", "1.", "0x1", "undefined"),
    *("'x'", '"\\x41"', '"\\ud8', '"\x01"', '"\n"', "[1,]", "{,}", '{"a"}', "tru", "", ",", '"open'),
)
"""What is no JSON, or no number that can be kept."""
BAD_HEADERS: tuple[bytes, ...] = (
    *(b"", b"[]", b"1", b'"x"', b"null", b"{}", b'{"type":1}', b'{"type":null}', b'{"type":["end"]}', b"\0"),
    *(
        b'{"type":{}}',
        b'{"type":true}',
        b'{"type":"x"',
        b'{"type":"x"}x',
        b'\0{"type":"x"}',
        b'{"type":"x"}\0',
    ),
    *(b'\xef\xbb\xbf{"type":"x"}', '{"type":"x"}'.encode("utf-16"), '{"type":"x"}'.encode("utf-32-le")),
    *(
        b'{"type":"\xff"}',
        b'{"type":"\xc0\x80"}',
        b"{'type':'x'}",
        b'{"Type":"x"}',
        b'{"type":"x",}',
        b"\xff" * 50,
    ),
    *(b'{"type":"x","type":1}', b'{"type":"x"}{"type":"x"}', b'[{"type":"x"}]', b'{"type":"x" "a":1}'),
)
ODD_HEADERS: tuple[bytes, ...] = (
    *(
        b'{"type":""}',
        b'{"type":1,"type":"end"}',
        b' \n{"type":"x"}\t ',
        b'{"\\u0074ype":"end"}',
        b'{"type":"\\u0000"}',
    ),
    *(
        b'{"type":"\xed\xa0\x80"}',
        b'{"type":"\\ud800"}',
        b'{"type":"end","":0}',
        b'{"type":"' + b"t" * 9000 + b'"}',
    ),
)


def odd_header(rng: random.Random) -> bytes:
    """A header that a decoder must take, and that says something odd."""
    if rng.random() < 0.1:
        return rng.choice(ODD_HEADERS)
    kind = rng.choice(tuple(FIELDS))
    return _written(rng, kind, ODD_VALUES)


def bad_header(rng: random.Random) -> bytes:
    """A header that no decoder may take."""
    draw = rng.random()
    if draw < 0.4:
        return rng.choice(BAD_HEADERS)
    kind = rng.choice(tuple(FIELDS))
    if draw < 0.6:
        return _cut(rng, _written(rng, kind, ODD_VALUES))
    return b'{"type":"' + kind.encode() + b'","attempt":' + rng.choice(BAD_VALUES).encode() + b"}"


def good_header(rng: random.Random) -> bytes:
    """A header as the other side would write it."""
    kind = rng.choice(tuple(FIELDS))
    fields = "".join(f',"{name}":{rng.randrange(1 << 20)}' for name in FIELDS[kind])
    return f'{{"type":"{kind}"{fields}}}'.encode()


def _written(rng: random.Random, kind: str, values: tuple[str, ...]) -> bytes:
    fields = [f'"{name}":{rng.choice(values)}' for name in FIELDS[kind] if rng.random() < 0.6]
    fields.insert(rng.randrange(len(fields) + 1), f'"type":"{kind}"')
    return ("{" + ",".join(fields) + "}").encode()


def _cut(rng: random.Random, text: bytes) -> bytes:
    """An object without its last brace is never JSON, wherever else it was cut."""
    return text[: rng.randrange(len(text))]
