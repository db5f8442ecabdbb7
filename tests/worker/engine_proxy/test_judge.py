"""What a request comes to: the worker's own calls, and nothing beside them."""

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policies.model import load_policy, policy_names
from policies.spec import Marks, container_body, profile_by_path
from worker.engine_proxy.calls import Ask, Create, Listing, OnContainer, Refused, canonical
from worker.engine_proxy.create import LONGEST_LIFE_SECONDS
from worker.engine_proxy.judge import Request, Rules, judge
from worker.wall.guard_attacks import CALLS, asking_for_more

NOW = 1_800_000_000.0
RULES = Rules("ours", "localhost/sandglass-sandbox:dev", "/etc/sandglass/seccomp.json")
DIGEST = "sha256:" + "ab" * 32
ID = "cd" * 32
PLAIN = (("host", "localhost"), ("connection", "keep-alive"))
UPGRADE = (("host", "localhost"), ("connection", "Upgrade"), ("upgrade", "tcp"))
LIST = "/v1.40/containers/json?limit=-1&all=1&size=0&trunc_cmd=0"


def good_body(policy: str = "default", **marks: Any) -> dict[str, Any]:
    given = {"stack": "ours", "owner": "w-1:7:12", "deadline": int(NOW) + 900, **marks}
    return container_body(load_policy(policy), DIGEST, Marks(**given))


def create(body: Any, query: str = "", kind: str = "application/json") -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = (*PLAIN, ("content-type", kind), ("content-length", str(len(data))))
    return judge(Request("POST", f"/v1.40/containers/create{query}", headers, data), RULES, NOW)


def ask(method: str, target: str, headers: Any = PLAIN, body: bytes = b"") -> Any:
    return judge(Request(method, target, headers, body), RULES, NOW)


@pytest.mark.parametrize("policy", policy_names())
def test_the_body_of_every_policy_is_made_anew(policy: str) -> None:
    body = good_body(policy, task="t" * 32, attempt="2")
    call = create(body)
    assert isinstance(call, Create)
    assert call.body == body
    assert call.image == DIGEST
    assert call.marks.task == "t" * 32


def test_podmans_form_of_the_profile_is_taken_with_the_proxys_own_path_only() -> None:
    assert isinstance(create(profile_by_path(good_body(), RULES.seccomp_path)), Create)
    refused = create(profile_by_path(good_body(), "/elsewhere.json"))
    assert isinstance(refused, Refused)
    assert "SANDGLASS_SECCOMP_PATH" in refused.reason
    assert RULES.seccomp_path in refused.reason


@pytest.mark.parametrize(("name", "body"), list(asking_for_more(good_body())))
def test_a_body_that_asks_for_more_is_refused(name: str, body: bytes) -> None:
    refused = create(body)
    if name.startswith("Image='sha256:0"):
        assert isinstance(refused, Create)
        return  # which digest is ours, only the engine knows: test_carry
    assert isinstance(refused, Refused), name
    assert 400 <= refused.status < 500


def test_a_refusal_names_what_differs_and_shows_no_value() -> None:
    body = good_body()
    body["HostConfig"] |= {"Privileged": True, "Binds": ["/secret:/x"]}
    refused = create({**body, "Env": ["KEY=geheim"], "\x1b[31m": 1})
    assert "HostConfig.Privileged, HostConfig.Binds" in refused.reason or (
        "HostConfig.Binds" in refused.reason and "HostConfig.Privileged" in refused.reason
    )
    assert "secret" not in refused.reason
    assert "geheim" not in refused.reason
    assert refused.reason.isprintable()


@pytest.mark.parametrize(
    ("seconds", "good"),
    [(0, False), (-1, False), (1, True), (LONGEST_LIFE_SECONDS, True), (LONGEST_LIFE_SECONDS + 1, False)],
)
def test_a_deadline_is_near(seconds: int, good: bool) -> None:
    assert isinstance(create(good_body(deadline=int(NOW) + seconds)), Create) is good


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=utf-8", "", "multipart/form-data"])
def test_a_body_of_another_type_is_refused(kind: str) -> None:
    assert create(good_body(), kind=kind).status == 415


@pytest.mark.parametrize("query", ["?name=gateway", "?platform=linux/arm64", "?", "?name="])
def test_create_takes_no_query(query: str) -> None:
    assert isinstance(create(good_body(), query), Refused)


def test_a_body_too_large_is_refused() -> None:
    assert create(b" " * (300 << 10)).status == 413


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where there is anything in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in inner for found in _paths(part, (*path, key)))]


_PATHS = _paths(good_body())


def _changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copied = copy.copy(body)
    copied[path[0]] = _changed(copied[path[0]], path[1:], value)
    return copied


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from(_PATHS), value=_JSON)
@example(path=("HostConfig", "Privileged"), value=0)
@example(path=("HostConfig", "Memory"), value=float(good_body()["HostConfig"]["Memory"]))
def test_what_goes_on_is_the_policys_whatever_part_is_changed(path: tuple[Any, ...], value: Any) -> None:
    call = create(json.dumps(_changed(good_body(), path, value)).encode())
    if isinstance(call, Create):
        marks = call.marks
        assert canonical(call.body) == canonical(container_body(load_policy(call.policy), call.image, marks))
        assert marks.stack == "ours"
        assert NOW < marks.deadline <= NOW + LONGEST_LIFE_SECONDS


@settings(max_examples=200, deadline=None)
@given(where=st.sampled_from([(), ("HostConfig",), ("Labels",)]), key=st.text(max_size=20), value=_JSON)
@example(where=(), key="hostConfig", value={"Privileged": True})
@example(where=("HostConfig",), key="privileged", value=True)
def test_a_key_more_is_refused(where: tuple[str, ...], key: str, value: Any) -> None:
    body = good_body()
    part = body
    for name in where:
        part = part[name]
    if key not in part:
        part[key] = value
        assert isinstance(create(json.dumps(body).encode()), Refused)


@pytest.mark.parametrize(
    ("method", "target", "call"),
    [
        ("GET", "/v1.40/version", Ask("version")),
        ("GET", "/v1.40/info", Ask("info")),
        ("GET", "/v1.40/images/localhost/sandglass-sandbox:dev/json", Ask("image")),
        ("GET", f"/v1.40/containers/{ID}/json", OnContainer("inspect", ID)),
        ("POST", f"/v1.40/containers/{ID}/start", OnContainer("start", ID)),
        ("DELETE", f"/v1.40/containers/{ID}?v=True&link=False&force=True", OnContainer("remove", ID)),
        ("GET", LIST, Listing(("sandglass.stack=ours",))),
    ],
)
def test_what_a_worker_asks_goes_on(method: str, target: str, call: Any) -> None:
    assert ask(method, target) == call


def test_attach_goes_on_as_an_upgrade_only() -> None:
    target = f"/v1.40/containers/{ID}/attach?stdin=1&stdout=1&stderr=1&stream=1"
    assert ask("POST", target, UPGRADE) == OnContainer("attach", ID)
    assert isinstance(ask("POST", target), Refused)
    assert isinstance(ask("GET", "/v1.40/version", UPGRADE), Refused)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "delete"])
def test_only_a_delete_removes(method: str) -> None:
    assert isinstance(ask(method, f"/v1.40/containers/{ID}?v=True&link=False&force=True"), Refused)


def test_labels_of_a_list_are_taken_and_the_stack_is_added() -> None:
    found = ask("GET", LIST + "&filters=%7B%22label%22%3A%5B%22sandglass.owner%3Dw%3A1%3A2%22%5D%7D")
    assert found == Listing(("sandglass.owner=w:1:2", "sandglass.stack=ours"))


@pytest.mark.parametrize(
    "query", ["?" + "&" * 30, "?a=b", "&filters=" + "%7B%7D&" * 20, "&filters=%ff%fe", "&filters=%7B%7D&x=1"]
)
def test_another_query_of_a_list_is_refused(query: str) -> None:
    target = LIST + query if query[0] == "&" else "/v1.40/containers/json" + query
    assert isinstance(ask("GET", target), Refused)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_another_call_is_refused(method: str, path: str) -> None:
    for prefix in ("/v1.40", "", "/v1.41", "/v4.0.0"):
        assert isinstance(ask(method, prefix + path), Refused)


@settings(max_examples=500, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD", "get"]),
    target=st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from(
                [
                    "/v1.40",
                    "/containers",
                    f"/{ID}",
                    "/json",
                    "/start",
                    "/attach",
                    "/version",
                    "/info",
                    "/",
                    "?",
                ]
                + ["//", "..", "%2f", "force=True", "&", "v=True", "/images", "/exec", ";", ID, "/create"]
            ),
            max_size=7,
        ).map("".join),
    ),
    headers=st.sampled_from([PLAIN, UPGRADE, ()]),
    body=st.binary(max_size=20),
)
def test_any_other_target_is_refused(method: str, target: str, headers: Any, body: bytes) -> None:
    call = ask(method, target, headers, body)
    plain = {"/v1.40/version", "/v1.40/info", f"/v1.40/containers/{ID}/json", f"/v1.40/containers/{ID}/start"}
    if not isinstance(call, Refused):
        assert target in plain
        assert body == b""


def test_policy_files_are_read_when_they_are_asked_for() -> None:
    smaller = load_policy("default").model_copy(update={"description": "x"})
    limits = smaller.limits.model_copy(update={"pids": 64})
    rules = Rules("ours", "i", "/p", lambda _: smaller.model_copy(update={"limits": limits}))
    data = json.dumps(good_body()).encode()
    headers = (*PLAIN, ("content-type", "application/json"))
    refused = judge(Request("POST", "/v1.40/containers/create", headers, data), rules, NOW)
    assert isinstance(refused, Refused)
    assert "HostConfig.PidsLimit" in refused.reason
