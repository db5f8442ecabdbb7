"""Is this the name of a host: as an operator writes it into a policy, and as code asks for it?"""

from __future__ import annotations

import ipaddress
import re

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NAME_CHARACTERS = 253
_LOCAL = frozenset({"localhost", "localdomain", "local", "internal", "invalid", "onion", "arpa"})
"""Last labels that never name a host of the public internet."""
_REGISTRIES = frozenset(
    {"ac", "co", "com", "edu", "gob", "gov", "gouv", "mil", "ne", "net", "nom", "or", "org"}
)
"""What stands before a country's own label where names are sold, as in `co.uk`."""
_SHARED = frozenset(
    {
        "amazonaws.com",
        "appspot.com",
        "azurewebsites.net",
        "blogspot.com",
        "cloudfront.net",
        "github.io",
        "gitlab.io",
        "googleapis.com",
        "herokuapp.com",
        "netlify.app",
        "ngrok.io",
        "pages.dev",
        "s3.amazonaws.com",
        "vercel.app",
        "web.app",
        "windows.net",
        "workers.dev",
    }
)
"""Under these anybody gets a sub-domain. Not complete: docs/policies.md says so."""


class BadHostError(ValueError):
    """This is no host name; the message says why, as half a sentence that begins with `it`."""


def host_name(text: str) -> str:
    """`text` in lower case, when it is a plain name of letters, digits, hyphens and dots.

    Raises:
        BadHostError: It is anything else: an IP address in any spelling, a user name, encoded, Unicode.
    """
    if not text:
        raise BadHostError("it names no host")
    if not text.isascii():
        raise BadHostError("it is not ASCII; a name is asked for in its xn-- form")
    if not all("!" <= char <= "~" for char in text):
        raise BadHostError("it holds a space or a control character")
    for char, words in (("%", "is percent-encoded"), ("@", "holds a user name"), ("*", "holds a '*'")):
        if char in text:
            raise BadHostError(f"it {words}; a host is asked for by its plain name")
    name = text.lower()
    if ":" in name or "[" in name or _NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
        raise BadHostError("it is an IP address; a host is asked for by its name")
    if name.endswith("."):
        raise BadHostError("it ends in a dot; leave that out")
    if len(name) > _NAME_CHARACTERS:
        raise BadHostError(f"it is longer than {_NAME_CHARACTERS} characters")
    if not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise BadHostError("it is not made of labels of 1 to 63 letters, digits and hyphens inside")
    return name


def host_rule(text: str) -> str:
    """`text` as it is, when it may stand in a policy's `hosts`.

    Raises:
        BadHostError: It is no exact name in lower case with or without `*.`, or allows more than meant.
    """
    name = text.removeprefix("*.")
    _check_spelling(name)
    host_name(name)
    labels = name.split(".")
    if text != name and _is_anybodys(labels):
        raise BadHostError(f"it allows too much: anybody can have a name under {name!r}")
    if len(labels) < 2 or labels[-1] in _LOCAL:
        raise BadHostError("it is no name of the public internet, and only such hosts can be reached")
    return text


def matches(rule: str, name: str) -> bool:
    """Whether `rule` allows `name`; both as the functions above give them."""
    return name.endswith(rule[1:]) if rule.startswith("*.") else name == rule


def _is_anybodys(labels: list[str]) -> bool:
    of_country = len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _REGISTRIES
    return len(labels) == 1 or of_country or ".".join(labels) in _SHARED


def _check_spelling(name: str) -> None:
    """Refuse, with the mend, what operators are likely to write. Raises: BadHostError."""
    if not name.isascii():
        raise BadHostError(f"it is not ASCII; write its xn-- form{_xn_form(name)}")
    if name != name.lower():
        raise BadHostError(f"it must be in lower case: {name.lower()!r}")
    if "/" in name:
        raise BadHostError("it must be the host alone, without https:// and path")
    if "*" in name:
        raise BadHostError("it holds a '*', which may only stand as '*.' before a name")
    if ":" in name and not _is_address(name):
        raise BadHostError("it must be without a port: https goes to 443, http to 80, and nothing else")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def _xn_form(name: str) -> str:
    # Python's codec is IDNA 2003; what the newer rules write in another way does not survive the round trip.
    try:
        packed = name.encode("idna")
        return f" ({packed.decode()!r})" if packed.decode("idna") == name else ""
    except UnicodeError:
        return ""
