"""What does the proxy say of itself? A line of JSON for each thing worth knowing, no body."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from typing import Any

_SHOWN_CHARACTERS = 200


def say(event: str, **facts: Any) -> None:
    """One line on stderr."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stderr.write(json.dumps({"at": at, "event": event, **facts}) + "\n")
    sys.stderr.flush()


def shown(text: str) -> str:
    """Text of a client's, short and printable."""
    return re.sub(r"[^\x20-\x7e]", "?", text)[:_SHOWN_CHARACTERS]
