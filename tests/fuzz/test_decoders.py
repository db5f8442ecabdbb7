"""Both decoders: the same verdict on anything, linear in time, and never more memory than a few frames."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_image import frames as sandbox
from tests.fuzz.headers import BAD_HEADERS, BAD_VALUES, ODD_HEADERS, ODD_VALUES
from tests.fuzz.million import by_sandbox, by_worker
from tests.fuzz.streams import HEADER_LIMIT, sealed
from worker.sandbox import frames as worker

KEY = bytes(range(32))
ROOT = Path(__file__).parents[2]
json_text = st.recursive(
    st.sampled_from(ODD_VALUES + BAD_VALUES) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: "[" + ",".join(parts) + "]"),
    max_leaves=4,
)


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), max_size=8))
def test_any_bytes_come_to_the_same_in_both(data: bytes, cuts: list[int]) -> None:
    chunks, at = [], 0
    for step in cuts:
        chunks.append(data[at : at + step])
        at += step
    chunks.append(data[at:])
    assert by_worker(chunks, KEY, b"S") == by_sandbox(chunks, KEY, b"S")


@given(
    st.binary(max_size=200)
    | json_text.map(lambda text: f'{{"type":"x","v":{text}}}'.encode("utf-8", "replace"))
)
def test_any_header_under_a_genuine_mac_comes_to_the_same_in_both(header: bytes) -> None:
    frame = sealed(KEY, b"S", 0, header)
    assert by_worker([frame], KEY, b"S") == by_sandbox([frame], KEY, b"S")


@pytest.mark.parametrize("header", BAD_HEADERS, ids=repr)
def test_what_is_no_header_is_refused_by_both(header: bytes) -> None:
    frame = sealed(KEY, b"S", 0, header)
    assert by_worker([frame], KEY, b"S") == by_sandbox([frame], KEY, b"S") == ([], True)


@pytest.mark.parametrize("value", BAD_VALUES, ids=lambda value: repr(value[:12]))
def test_what_is_no_json_or_no_finite_number_is_refused_by_both(value: str) -> None:
    frame = sealed(KEY, b"S", 0, f'{{"type":"end","cpu_seconds":{value}}}'.encode())
    assert by_worker([frame], KEY, b"S") == by_sandbox([frame], KEY, b"S") == ([], True)


@pytest.mark.parametrize(
    "header",
    [*ODD_HEADERS, *(f'{{"type":"end","attempt":{value}}}'.encode() for value in ODD_VALUES)],
    ids=lambda header: repr(header[:40]),
)
def test_odd_json_is_taken_by_both(header: bytes) -> None:
    frame = sealed(KEY, b"S", 0, header)
    taken, broken = by_worker([frame], KEY, b"S")
    assert len(taken) == 1
    assert not broken
    assert by_sandbox([frame], KEY, b"S") == (taken, broken)


def test_each_writer_is_understood_by_the_other_reader() -> None:
    header = {"type": "x", "v": ["\ud800", "\\\udfff", "\0", 1e308, -0.0, 10**400, "中"]}
    theirs = sandbox.FrameWriter(b"S", KEY).encode(header, b"blob")
    assert by_worker([theirs], KEY, b"S") == ([(header, b"blob")], False)
    ours = worker.Encoder(KEY, b"W").encode(header, b"blob")
    assert by_sandbox([ours], KEY, b"W") == ([(header, b"blob")], False)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), [[float("-inf")]], 10**5000], ids=list("1234"))
def test_the_sandbox_s_writer_says_a_frame_error_for_what_json_cannot_carry(value: object) -> None:
    with pytest.raises(sandbox.FrameError):
        sandbox.FrameWriter(b"S").encode({"type": "x", "v": value})


def test_nothing_comes_after_a_frame_that_was_refused() -> None:
    bad, good = sealed(KEY, b"S", 0, b"[]"), sealed(KEY, b"S", 1, b'{"type":"end"}')
    decoder, reader = worker.Decoder(KEY), sandbox.FrameReader(b"S", KEY)
    reader.feed(bad)
    for _ in range(2):
        with pytest.raises(worker.FrameError):
            list(decoder.feed(bad + good))
        with pytest.raises(sandbox.FrameError):
            reader.next()
        reader.feed(good)


@pytest.mark.parametrize("decode", [by_worker, by_sandbox], ids=["worker", "sandbox"])
def test_the_largest_header_byte_by_byte_takes_linear_time(decode: object) -> None:
    seconds = []
    for size in (HEADER_LIMIT // 8, HEADER_LIMIT):
        data = sealed(KEY, b"S", 0, b'{"type":"' + b"t" * (size - 11) + b'"}')
        chunks = [data[at : at + 1] for at in range(len(data))]
        started = time.process_time()
        taken, broken = decode(chunks, KEY, b"S")  # type: ignore[operator]
        seconds.append(time.process_time() - started)
        assert len(taken) == 1
        assert not broken
    assert seconds[1] < 24 * max(seconds[0], 0.01)  # 8 if linear, 64 if quadratic


_FLOOD = """
import sys
from tests.fuzz.million import by_{side}, peak_kib
from tests.fuzz.streams import BLOB_LIMIT, HEADER_LIMIT, sealed
from sandbox_image.frames import FrameReader
from worker.sandbox.frames import Decoder
key = bytes(32)
blob, header = bytes(BLOB_LIMIT), b'{{"type":"' + b"t" * (HEADER_LIMIT - 11) + b'"}}'
decoder, reader, taken = Decoder(key), FrameReader(b"S", key), 0
before = peak_kib()
for number in range(60):
    frame = sealed(key, b"S", number, header, blob)
    for at in range(0, len(frame), 1 << 18):
        if "{side}" == "worker":
            taken += sum(1 for _ in decoder.feed(frame[at : at + (1 << 18)]))
        else:
            reader.feed(frame[at : at + (1 << 18)])
            taken += reader.next() is not None
sys.stdout.write(f"{{taken}} {{peak_kib() - before}}")
"""


@pytest.mark.parametrize("side", ["worker", "sandbox"])
def test_a_flood_of_the_largest_frames_stays_within_the_memory_of_a_few(side: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FLOOD.format(side=side)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    taken, grown_kib = map(int, done.stdout.split())
    assert taken == 60  # 180 MiB went through
    assert grown_kib < 40 << 10
