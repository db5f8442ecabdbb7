"""How is a part of a workbook parsed as XML, as a stream and without trusting it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat  # noqa: S407 - document types, and with them all entities, are refused below

_CHUNK_BYTES = 64 << 10

Attributes = dict[str, str]


def parse(
    source: IO[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], object],
) -> Iterator[None]:
    """Call the handlers with the part's elements; pauses after each block, so that results can be taken.

    Raises:
        ValueError: It is not well-formed, or it declares a document type.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        while chunk := source.read(_CHUNK_BYTES):
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise ValueError(f"broken XML: {error}") from None


def run(
    source: IO[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] = lambda name: None,
    text: Callable[[str], object] = lambda data: None,
) -> None:
    """The same at once. Names come without their prefix."""
    for _ in parse(
        source,
        lambda name, attributes: start(name.rpartition(":")[2], attributes),
        lambda name: end(name.rpartition(":")[2]),
        text,
    ):
        pass


def is_true(value: str | None) -> bool:
    """Whether an attribute says yes."""
    return value in ("1", "true", "on")


def _refuse(*_: object) -> None:
    raise ValueError("a document type is declared")
