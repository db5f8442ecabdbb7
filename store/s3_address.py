"""Where on which S3 service are the blobs, as `SANDGLASS_BLOBS` says?"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from store.blobs import check_key

FORM = "s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_OPTIONS = ("endpoint", "region", "path_style")
_SWITCH = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True)
class S3Address:
    """A bucket, and where in it."""

    bucket: str
    prefix: str = ""
    """Before every key; empty, or it ends in `/`."""
    endpoint: str = ""
    """Empty: Amazon's own of the region."""
    region: str = "us-east-1"
    path_style: bool = False
    """The bucket is in the path (`http://minio:9000/bucket`), not in the host's name."""

    @property
    def shown(self) -> str:
        """The bucket and its service, for messages."""
        return f"bucket {self.bucket!r} at {self.endpoint or f'Amazon S3 ({self.region})'}"


def parse_address(url: str) -> S3Address:
    """Read `s3://bucket/prefix?endpoint=...&region=...&path_style=1`.

    The bucket is in the path where an endpoint is given, unless `path_style=0` says otherwise.

    Raises:
        ValueError: It has not that form; keys are never shown.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3":
        raise ValueError(f"SANDGLASS_BLOBS (scheme {parts.scheme or 'none'}) must be empty or {FORM}")
    if "@" in parts.netloc:
        raise ValueError(
            "SANDGLASS_BLOBS holds no keys: give them as SANDGLASS_S3_ACCESS_KEY and SANDGLASS_S3_SECRET_KEY"
        )
    if not _BUCKET.fullmatch(parts.netloc):
        raise ValueError(f"SANDGLASS_BLOBS: {parts.netloc[:80]!r} is no name of a bucket; the form is {FORM}")
    options = _options(parts.query)
    endpoint = check_endpoint("SANDGLASS_BLOBS: endpoint", options.get("endpoint", ""))
    region = options.get("region", "us-east-1")
    if not _REGION.fullmatch(region):
        raise ValueError(f"SANDGLASS_BLOBS: region {region[:80]!r} is none; it is like us-east-1")
    switch = options.get("path_style", "1" if endpoint else "0").lower()
    if switch not in _SWITCH:
        raise ValueError("SANDGLASS_BLOBS: path_style must be 1 or 0")
    return S3Address(parts.netloc, _prefix(parts.path), endpoint, region, _SWITCH[switch])


def check_endpoint(name: str, url: str) -> str:
    """Return `url` if it is empty or like `https://host:9000`.

    Raises:
        ValueError: It is not; `name` is in the message, the URL is not.
    """
    parts = urlsplit(url)
    try:
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number
        plain = False
    if url and (not plain or "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment):
        raise ValueError(f"{name} must be like http://minio:9000, with nothing behind the port")
    return url.rstrip("/")


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS:
            near = difflib.get_close_matches(name, _OPTIONS, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(_OPTIONS)}"
            raise ValueError(f"SANDGLASS_BLOBS: there is no option {name[:40]!r}{hint}")
        if name in options:
            raise ValueError(f"SANDGLASS_BLOBS: {name} is given twice")
        options[name] = value
    return options


def _prefix(path: str) -> str:
    inner = path.strip("/")
    if not inner:
        return ""
    try:
        return check_key(inner) + "/"
    except ValueError:
        raise ValueError(
            f"SANDGLASS_BLOBS: the prefix {inner[:80]!r} must be letters, digits, '.', '_', '-' and '/'"
        ) from None
