"""Two runs are held against each other: what is the same, what differs, and by how much."""

import struct
import zlib
from typing import Any

import pytest

from worker.compare import drawn, file_differences, result_differences, text_difference


def scalar(value: Any) -> dict[str, Any]:
    return {"type": "scalar", "value": value}


@pytest.mark.parametrize(
    "value", [1, 1.5, 0.1 + 0.2, "text", None, True, [1, [2.5]], {"columns": ["a"], "rows": [[1]]}]
)
def test_the_same_is_the_same(value: Any) -> None:
    assert result_differences(scalar(value), scalar(value)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(1, 2), (1, 1.0), (True, 1), (0.0, -0.0), ("a", "b"), (None, 0), (1.0, 1.1), ([1], [1, 2])],
)
def test_what_differs_is_said(before: Any, after: Any) -> None:
    found = result_differences(scalar(before), scalar(after))
    assert len(found) >= 1
    assert "the result" in found[0]
    assert "last digits" not in found[0]


def test_the_last_digits_are_told_apart_from_another_result() -> None:
    close = result_differences(scalar([0.3, 5.0]), scalar([0.1 + 0.2, 5.0]))
    assert len(close) == 1
    assert "in the last digits only" in close[0]
    assert "last digits" not in result_differences(scalar(1.0), scalar(1.0 + 1e-8))[0]
    mixed = result_differences(scalar([0.3, 5.0]), scalar([0.1 + 0.2, 6.0]))
    assert not any("last digits" in one for one in mixed)


def test_another_type_or_none_at_all_is_said() -> None:
    assert result_differences(scalar(1), {"type": "text", "value": 1}) != []
    assert result_differences(None, scalar(1)) != []
    assert result_differences(None, None) == []


def test_many_differences_are_counted() -> None:
    found = result_differences(scalar(list(range(100))), scalar(list(range(1, 101))))
    assert len(found) == 6
    assert found[-1] == "and 95 more differences"


def test_a_charts_own_id_is_no_difference() -> None:
    before = {"type": "chart", "artifact_id": "a", "value": "plot.png"}
    assert result_differences(before, {**before, "artifact_id": "b"}) == []


def test_printed_text_is_compared_by_line() -> None:
    assert text_difference("it", "a\nb", "a\nb") == []
    assert text_difference("it", "a\nb", "a\nc") == ["it differs from line 2 on"]
    assert text_difference("it", "a", "a\nc") == ["it differs: one is longer"]


def test_files_are_compared_by_name_and_digest() -> None:
    assert file_differences({"a": "1"}, {"a": "1"}) == []
    found = file_differences({"a": "1", "b": "1"}, {"b": "2", "c": "1"})
    assert found == ["a did not come out again", "c is new", "b is another file"]


def png(pixels: bytes, note: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    parts = [
        chunk(b"IHDR", b"13 bytes here"),
        chunk(b"tEXt", note),
        chunk(b"IDAT", pixels),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_of_a_figure_only_its_pixels_count() -> None:
    assert drawn(png(b"same", b"version 1")) == drawn(png(b"same", b"version 2"))
    assert drawn(png(b"same", b"x")) != drawn(png(b"other", b"x"))
    assert drawn(b"no png") == b"no png"
    assert drawn(b"\x89PNG\r\n\x1a\n" + b"\xff" * 20) == b""
