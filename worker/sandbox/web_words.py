"""In what words is a person told that code did not reach the web, and what the policy has to do with it?"""

from __future__ import annotations

from collections.abc import Sequence

from policies.model import Policy

_SHOWN = 3
_SAID_CHARACTERS = 200
_NETWORK_ERRORS = frozenset(
    {
        "ConnectTimeout",
        "ConnectionError",
        "ConnectionRefusedError",
        "MaxRetryError",
        "NameResolutionError",
        "NewConnectionError",
        "ProxyError",
        "URLError",
        "gaierror",
    }
)
_NETWORK_ERRNOS = ("[Errno -2]", "[Errno -3]", "[Errno 101]", "[Errno 111]", "[Errno 113]")
"""No such name, no name service, no route, refused, no way to the host."""


def denied(policy: Policy, refused: Sequence[str], said: str) -> str:
    """The worker refused requests of code that then failed; `refused` is `host: reason` each."""
    more = f" (and {len(refused) - _SHOWN} more)" if len(refused) > _SHOWN else ""
    return (
        f"Policy {policy.name!r} refused web requests of the code: {'; '.join(refused[:_SHOWN])}{more}. "
        "Which hosts may be reached is the operator's to say (docs/policies.md). "
        f"The code's error: {said[:_SAID_CHARACTERS]}"
    )


def hint(policy: Policy, error_name: str | None, error_message: str) -> str:
    """Advice for an error that looks like one of the network, under a policy without the web; or empty."""
    looks_so = error_name in _NETWORK_ERRORS or any(mark in error_message for mark in _NETWORK_ERRNOS)
    if policy.egress is not None or not looks_so:
        return ""
    return (
        f"(Policy {policy.name!r} allows no web requests; an operator can list hosts in a policy "
        "of their own: docs/policies.md.)"
    )
