"""The first message of a TLS client, as real clients write it and as nobody should."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sandbox.client_hello import LIMIT_BYTES, BadHelloError, server_name


def hello(host: str | None = "api.example.org") -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = host is not None
    context.verify_mode = ssl.CERT_REQUIRED if host else ssl.CERT_NONE
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=host)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


REAL = hello()


def block(data: bytes, length_bytes: int) -> bytes:
    return len(data).to_bytes(length_bytes, "big") + data


def names(*entries: bytes, kind: int = 0) -> bytes:
    return block(b"".join(bytes([kind]) + block(entry, 2) for entry in entries), 2)


def built(*extensions: tuple[int, bytes], tail: bytes = b"") -> bytes:
    packed = b"".join(kind.to_bytes(2, "big") + block(data, 2) for kind, data in extensions)
    body = b"\x03\x03" + bytes(32) + block(b"", 1) + block(b"\x13\x01", 2) + block(b"\0", 1)
    message = b"\x01" + block(body + block(packed, 2) + tail, 3)
    return b"\x16\x03\x01" + block(message, 2)


def test_a_real_client_names_its_host() -> None:
    assert server_name(REAL) == "api.example.org"
    assert server_name(hello("API.Example.org")) == "api.example.org"
    assert server_name(built((0, names(b"a.example")))) == "a.example"


def test_a_hello_may_come_in_any_pieces() -> None:
    assert all(server_name(REAL[:count]) is None for count in range(len(REAL)))
    message = REAL[5:]
    split = b"".join(b"\x16\x03\x01" + block(message[at : at + 7], 2) for at in range(0, len(message), 7))
    assert server_name(split) == "api.example.org"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (hello(None), "names no host"),
        (b"GET / HTTP/1.1\r\n", "not TLS"),
        (b"SSH-2.0-x\r\n", "not TLS"),
        (b"\x16\x02\x00\x00\x05hello", "not TLS"),
        (b"\x16\x03\x01\x00\x00", "not TLS"),
        (b"\x16\x03\x01\xff\xff", "not TLS"),
        (b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", "ClientHello"),
        (b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", "larger"),
        (built(), "names no host"),
        (built((0xFE0D, b"x"), (0, names(b"a.example"))), "ECH"),
        (built((0xFE0D, b"x")), "ECH"),
        (built((0xFFCE, b"x"), (0, names(b"a.example"))), "ECH"),
        (built((0, names(b"a.example", b"b.example"))), "more than one"),
        (built((0, names(b"a.example")), (0, names(b"b.example"))), "twice"),
        (built((0, names(b"a.example", kind=7))), "more than one"),
        (built((0, names(b"a.example") + b"x")), "more than one"),
        (built((0, names("ä.example".encode()))), "not ASCII"),
        (built((0, b"\xff\xff")), "misshapen"),
        (built((0, names(b"a.example")), tail=b"x"), "misshapen"),
        (b"".join(b"\x16\x03\x01\x00\x01" + REAL[at : at + 1] for at in range(5, 400)), "too many pieces"),
        (REAL + b"\x16\x03\x01\x00\x04\x01\x00\x00\x00", None),
    ],
)
def test_N08_any_other_beginning_is_refused(data: bytes, words: str | None) -> None:
    if words is None:  # what follows in a later record is not looked at any more
        assert server_name(data) == "api.example.org"
        return
    with pytest.raises(BadHelloError, match=words):
        server_name(data)


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda tail: REAL[:9] + tail))
def test_noise_gives_a_verdict_and_nothing_else(data: bytes) -> None:
    try:
        name = server_name(data)
    except BadHelloError:
        return
    assert name is None or name


@given(st.integers(0, len(REAL) - 1), st.integers(1, 255))
def test_a_flipped_byte_gives_a_verdict_and_nothing_else(at: int, flip: int) -> None:
    changed = bytearray(REAL)
    changed[at] ^= flip
    try:
        name = server_name(bytes(changed))
    except BadHelloError:
        return
    assert name is None or name


def test_what_never_ends_is_refused() -> None:
    endless = b"\x16\x03\x01" + block(b"\x01\x00\x7f\x00" + bytes(1000), 2)
    with pytest.raises(BadHelloError, match="larger"):
        server_name(endless * (2 * LIMIT_BYTES // len(endless) + 2))
