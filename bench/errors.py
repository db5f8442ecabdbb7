"""Why can something not be measured?"""

from __future__ import annotations


class BenchError(Exception):
    """Something could not be measured; the message says what, why, and what to do."""
