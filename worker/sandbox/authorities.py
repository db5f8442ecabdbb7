"""Which authorities does code trust besides the public ones: the policy's `ca_file`, checked."""

from __future__ import annotations

import ssl
from pathlib import Path

from policies.files import BadFileError, read_file
from policies.model import Policy, PolicyError

_LIMIT_BYTES = 1 << 20


def authorities_of(policy: Policy) -> bytes | None:
    """The policy's `ca_file`, as it goes into the sandbox; None: it names none.

    Raises:
        PolicyError: It is no absolute path, cannot be read, is over 1 MiB, or holds a private key or no
            certificates.
    """
    if policy.egress is None or not policy.egress.ca_file:
        return None
    path = Path(policy.egress.ca_file)
    where = f"policy {policy.name!r}: egress.ca_file {str(path)!r}"
    if not path.is_absolute():
        raise PolicyError(f"{where}: it must be an absolute path")
    try:
        data = read_file(path, _LIMIT_BYTES)
    except BadFileError as error:
        raise PolicyError(f"{where}: {error}") from None
    _check(data, where)
    return data


def _check(data: bytes, where: str) -> None:
    if b"PRIVATE KEY" in data:
        raise PolicyError(
            f"{where}: it holds a private key, which all code could read; leave only certificates in it"
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=data.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise PolicyError(f"{where}: it holds no certificates in PEM form") from None
