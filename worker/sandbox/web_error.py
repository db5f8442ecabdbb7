"""Why does a web request of the code not go on, and what is it told?"""

from __future__ import annotations


class WebError(Exception):
    """A request is refused, cut, or failed; `reason` is half a sentence for the code and for the record."""

    def __init__(self, reason: str, *, status: int = 403, denied: bool = True) -> None:
        """`denied`: by the policy or for its form, not by a fault of the host; `status` is for the code."""
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.denied = denied


def failed(reason: str, status: int = 502) -> WebError:
    """The host's fault, or the network's."""
    return WebError(reason, status=status, denied=False)
