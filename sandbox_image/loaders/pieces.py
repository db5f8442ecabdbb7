"""What are the cells of a piece of regular delimited text, as Arrow text, and nothing guessed?"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.csv as arrow_csv

from .cut import IrregularError, check_quotes, count_byte


def read_piece(data: bytes, delimiter: str, width: int) -> pa.Table:
    """The cells of whole rows, columns c0, c1, ...; an empty cell is null.

    Exactly what a strict reader of RFC 4180 sees: what could be read in two ways is refused.

    Raises:
        IrregularError: Rows of other widths, stray quotes, NUL bytes, line ends of several kinds, not UTF-8.
    """
    _check_bytes(data)
    quoted = check_quotes(data, delimiter)
    names = [f"c{index}" for index in range(width)]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            arrow_csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
                ignore_empty_lines=width > 1,
            ),
            arrow_csv.ConvertOptions(
                check_utf8=not data.isascii(),
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        raise IrregularError(str(error)) from None


def _check_bytes(data: bytes) -> None:
    if b"\0" in data:
        raise IrregularError("a NUL byte")
    returns = count_byte(data, b"\r")
    if returns and (returns != data.count(b"\r\n") or returns != count_byte(data, b"\n")):
        raise IrregularError("line ends of several kinds")
