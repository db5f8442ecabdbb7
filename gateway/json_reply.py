"""How is anything written as JSON: strict JSON always, whatever a record holds."""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.responses import JSONResponse


class JSONReply(JSONResponse):
    """JSON without NaN, infinities or lone surrogates: the first two become null, the last `?`."""

    def render(self, content: Any) -> bytes:
        """The bytes of `content`."""
        try:
            text = _dumps(content)
        except ValueError:
            text = _dumps(_finite(content))
        return text.encode("utf-8", "replace")


def _dumps(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
