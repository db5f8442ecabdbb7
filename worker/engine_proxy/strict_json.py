"""What does a JSON text say, when every reader must read it alike?"""

from __future__ import annotations

import json
import math
from typing import Any


class NotPlainJsonError(ValueError):
    """It is no JSON, or some that two readers may take differently; the message says why."""


def parse(data: bytes) -> Any:
    """The value, where no key is there twice and no number is beyond JSON.

    Raises:
        NotPlainJsonError: It is not such a text.
    """
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant, parse_float=_finite
        )
    except NotPlainJsonError:
        raise
    except RecursionError:
        raise NotPlainJsonError("it is nested too deeply") from None
    except ValueError:
        raise NotPlainJsonError("it is not JSON in UTF-8") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotPlainJsonError("a key is there twice")
    return found


def _constant(name: str) -> Any:
    raise NotPlainJsonError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotPlainJsonError("a number is too large")
    return value
