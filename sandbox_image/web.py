"""Which variables lead the libraries of the code to the carrier, and tell them whom to trust?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .layout import IN_DIR, PUBLIC_AUTHORITIES, TMP_DIR

_PROXY = "http://127.0.0.1:3128"
_PROXY_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_AUTHORITY_NAMES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_OTHER_NAMES = ("ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_DIR")
"""Would lead past the carrier; set by nobody but code of an earlier attempt."""


def set_variables(web: dict[str, Any] | None) -> None:
    """Set this process's variables for one attempt: with `web` the carrier's, without it none.

    `web["ca"]` names a file that was put: authorities to trust besides the public ones.

    Raises:
        OSError: A file of both cannot be written.
    """
    for name in (*_PROXY_NAMES, *_AUTHORITY_NAMES, *_OTHER_NAMES):
        os.environ.pop(name, None)
    if web is None:
        return
    authorities = str(_bundle(web["ca"]) if web["ca"] else PUBLIC_AUTHORITIES)
    os.environ.update(dict.fromkeys(_PROXY_NAMES, _PROXY))
    os.environ.update(dict.fromkeys(_AUTHORITY_NAMES, authorities))


def _bundle(name: str) -> Path:
    """The public authorities and those of the policy in one file."""
    bundle = TMP_DIR / "authorities.pem"
    bundle.write_bytes(PUBLIC_AUTHORITIES.read_bytes() + b"\n" + (IN_DIR / name).read_bytes())
    return bundle
