import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sandbox.frames import BLOB_LIMIT_BYTES, ZERO_KEY, Decoder, Encoder, Frame, FrameError

KEY = bytes(range(32))
headers = st.dictionaries(
    st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=20), max_size=5
).map(lambda fields: {**fields, "type": "x"})
frames = st.lists(st.tuples(headers, st.binary(max_size=300)), max_size=6)


@given(frames, st.integers(min_value=1, max_value=64))
def test_what_is_encoded_is_decoded_whatever_the_cuts(
    sent: list[tuple[dict[str, object], bytes]], step: int
) -> None:
    encoder, decoder = Encoder(KEY), Decoder(KEY, b"W")
    data = b"".join(encoder.encode(header, blob) for header, blob in sent)
    got = [frame for at in range(0, len(data), step) for frame in decoder.feed(data[at : at + step])]
    assert got == [Frame(header, blob) for header, blob in sent]


@given(st.data())
def test_one_flipped_bit_is_never_taken(data: st.DataObject) -> None:
    good = Encoder(KEY).encode({"type": "end", "status": "ok"}, b"blob")
    at = data.draw(st.integers(0, len(good) * 8 - 1))
    bad = bytearray(good)
    bad[at // 8] ^= 1 << at % 8
    decoder = Decoder(KEY, b"W")
    try:
        assert list(decoder.feed(bytes(bad))) == []
    except FrameError:
        pass


@given(st.binary(max_size=2000))
def test_noise_is_refused_or_waited_on_but_never_taken(noise: bytes) -> None:
    try:
        assert list(Decoder(KEY).feed(noise)) == []
    except FrameError:
        pass


@pytest.mark.parametrize(
    ("key", "direction"),
    [(ZERO_KEY, b"S"), (os.urandom(32), b"S"), (KEY, b"W")],
    ids=["no key", "other key", "echo"],
)
def test_a_frame_made_without_the_key_or_sent_back_is_refused(key: bytes, direction: bytes) -> None:
    forged = Encoder(key, direction).encode({"type": "end"})  # type: ignore[arg-type]
    with pytest.raises(FrameError, match="mac"):
        list(Decoder(KEY, b"S").feed(forged))


def test_a_replayed_frame_is_refused() -> None:
    frame = Encoder(KEY, b"S").encode({"type": "end"})
    decoder = Decoder(KEY, b"S")
    assert len(list(decoder.feed(frame))) == 1
    with pytest.raises(FrameError, match="mac"):
        list(decoder.feed(frame))


@pytest.mark.parametrize("lengths", [b"\xff\xff\xff\xff\0\0\0\0", b"\0\0\0\2\xff\xff\xff\xff"])
def test_a_length_over_the_limit_is_refused_before_the_bytes_come(lengths: bytes) -> None:
    with pytest.raises(FrameError, match="limit"):
        list(Decoder(KEY).feed(lengths))


def test_a_blob_over_the_limit_is_not_sent() -> None:
    with pytest.raises(FrameError, match="limit"):
        Encoder(KEY).encode({"type": "put"}, bytes(BLOB_LIMIT_BYTES + 1))


@pytest.mark.parametrize(
    "text", ["[]", "1", '{"a": 1}', '{"type": 1}', '{"type": "x", "n": NaN}', "[" * 5000, "nope"]
)
def test_a_header_that_is_not_an_object_with_a_type_is_refused(text: str) -> None:
    class Raw(Encoder):
        def raw(self, packed: bytes) -> bytes:
            import struct

            lengths = struct.pack(">II", len(packed), 0)
            return lengths + packed + self._signer.sign(lengths, packed, b"")

    with pytest.raises(FrameError, match="header"):
        list(Decoder(KEY, b"W").feed(Raw(KEY).raw(text.encode())))
