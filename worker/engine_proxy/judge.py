"""May this request go on to the engine? A pure function from a request to a call of ours, or to a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from policies.model import Policy, load_policy
from policies.spec import LABEL_STACK
from worker.engine_proxy.calls import (
    API,
    ATTACH_QUERY,
    LIST_QUERY,
    REMOVE_QUERY,
    Ask,
    Call,
    Listing,
    OnContainer,
    Refused,
    image_path,
)
from worker.engine_proxy.create import judge_create
from worker.engine_proxy.strict_json import NotPlainJsonError, parse

BODY_BYTES = 256 << 10
_CONTAINER = re.compile(rf"{re.escape(API)}/containers/([0-9a-f]{{64}})(/json|/start|/attach)?")
_LABEL = re.compile(r"sandglass\.[a-z]{1,20}=[A-Za-z0-9._:@-]{1,200}")
_VERBS = {("GET", "/json"): "inspect", ("POST", "/start"): "start", ("POST", "/attach"): "attach"}
_QUERIES = {"inspect": "", "start": "", "attach": ATTACH_QUERY, "remove": REMOVE_QUERY}
_ONCE = ("host", "content-length", "content-type", "connection", "upgrade")
_NEVER = ("transfer-encoding", "expect", "te", "trailer", "http2-settings", "content-encoding")
NO_SUCH_CALL = (
    "only what a worker asks of the engine goes through: version, info, its image, and create, start, "
    "attach, inspect, remove and list of its own sandboxes, in version 1.40 of the API"
)


@dataclass(frozen=True)
class Rules:
    """What one proxy stands for."""

    stack: str
    image: str
    seccomp_path: str
    load: Callable[[str], Policy] = load_policy


@dataclass(frozen=True)
class Request:
    """A whole request as it came, header names in lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def judge(request: Request, rules: Rules, now: float) -> Call | Refused:
    """The call that a request comes to. It holds what the request may choose, and nothing else of it."""
    if reason := _head_fault(request):
        return Refused(reason, 400)
    path, question, query = request.target.partition("?")
    if question and not query:
        return Refused("an empty query is refused", 400)
    if (request.method, path) == ("POST", f"{API}/containers/create"):
        return _create(request, query, rules, now)
    call = _without_body(request, path, query, rules)
    if request.body and not isinstance(call, Refused):
        return Refused(f"{request.method} of this path takes no body", 400)
    return call


def _without_body(request: Request, path: str, query: str, rules: Rules) -> Call | Refused:
    if request.method == "GET" and path == f"{API}/containers/json":
        return _listing(query, rules)
    if found := _CONTAINER.fullmatch(path):
        return _on_container(request, found[1], found[2] or "", query)
    return _ask(request, path, query, rules)


def _head_fault(request: Request) -> str:
    if not re.fullmatch(r"/[!-~]*", request.target):
        return "the target must be a path of printable ASCII"
    names = [name for name, _ in request.headers]
    for name in _NEVER:
        if name in names:
            return f"the header {name} is refused"
    for name in _ONCE:
        if names.count(name) > 1:
            return f"the header {name} stands there twice"
    headers = dict(request.headers)
    connection, upgrade = headers.get("connection", "close").lower(), headers.get("upgrade")
    if request.target.partition("?")[0].endswith("/attach"):
        if (connection, upgrade) != ("upgrade", "tcp"):
            return "attach goes with Connection: Upgrade and Upgrade: tcp"
    elif upgrade is not None or connection not in ("close", "keep-alive"):
        return "Connection must be close or keep-alive, and Upgrade goes with attach only"
    return ""


def _ask(request: Request, path: str, query: str, rules: Rules) -> Call | Refused:
    asks = {f"{API}/version": Ask("version"), f"{API}/info": Ask("info")}
    asks[image_path(rules.image)] = Ask("image")
    if request.method != "GET" or path not in asks:
        if path.startswith(f"{API}/images/"):
            return Refused(f"there is one image only, {rules.image} (SANDGLASS_IMAGE)")
        return Refused(NO_SUCH_CALL)
    return Refused("it takes no query") if query else asks[path]


def _on_container(request: Request, container_id: str, rest: str, query: str) -> Call | Refused:
    deletes = request.method == "DELETE" and not rest
    verb = "remove" if deletes else _VERBS.get((request.method, rest))
    if verb is None:
        return Refused(NO_SUCH_CALL)
    if query != _QUERIES[verb]:
        return Refused(f"the query of {verb} must be {_QUERIES[verb]!r}")
    return OnContainer(verb, container_id)  # type: ignore[arg-type]


def _listing(query: str, rules: Rules) -> Call | Refused:
    fixed, _, filters = query.partition("&filters=")
    if fixed != LIST_QUERY or "&" in filters:
        return Refused(f"the query of a list must be {LIST_QUERY!r} and filters")
    labels = _labels_of(unquote_plus(filters) or "{}")
    if isinstance(labels, Refused):
        return labels
    ours = f"{LABEL_STACK}={rules.stack}"
    if any(label.startswith(f"{LABEL_STACK}=") and label != ours for label in labels):
        return Refused(f"only sandboxes of the stack {rules.stack!r} are listed (SANDGLASS_STACK)")
    return Listing(tuple(sorted({ours, *labels})))


def _labels_of(text: str) -> list[str] | Refused:
    try:
        filters = parse(text.encode())
    except NotPlainJsonError as error:
        return Refused(f"filters: {error}", 400)
    labels = filters.get("label", []) if isinstance(filters, dict) else None
    if not isinstance(labels, list) or len(labels) > 10 or set(filters) - {"label"}:
        return Refused("a list is filtered by label only")
    if not all(isinstance(label, str) and _LABEL.fullmatch(label) for label in labels):
        return Refused("a list is filtered by labels sandglass.<name>=<value> only")
    return labels


def _create(request: Request, query: str, rules: Rules, now: float) -> Call | Refused:
    if query:
        return Refused("create takes no query: no name, no platform")
    if dict(request.headers).get("content-type", "").lower() != "application/json":
        return Refused("create takes application/json", 415)
    if len(request.body) > BODY_BYTES:
        return Refused(f"the body is larger than {BODY_BYTES >> 10} KiB", 413)
    try:
        body = parse(request.body)
    except NotPlainJsonError as error:
        return Refused(f"the body: {error}", 400)
    return judge_create(body, rules.stack, rules.seccomp_path, rules.load, now)
