"""As test_sabotage, of the engine proxy: each guard is taken out once, and a case must see it gone."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from policies.spec import LABEL_DEADLINE, LABEL_OWNER, LABEL_TASK, Marks
from tests.wall.walls import Probing, probing
from worker.engine_proxy import judge as judging
from worker.engine_proxy.calls import Ask, Create, OnContainer, Refused
from worker.engine_proxy.carry import Carrier
from worker.wall.case import probe
from worker.wall.registry import CASES
from worker.wall.wall import Wall

NO_WALL = cast(Wall, None)
"""These probes need no engine."""


async def _say_nothing(*_: object) -> None:
    return None


def _take_any_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a client says is made as it is; of all tries only one, which can be found and removed."""

    def lax(body: Any, *_: object) -> Create | Refused:
        labels = body["Labels"]
        marks = Marks("x", labels[LABEL_OWNER], int(labels[LABEL_DEADLINE]), labels[LABEL_TASK])
        return Create("default", "", marks, body["Image"], body)

    def one(good: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
        worse = {**good, "HostConfig": {**good["HostConfig"], "Privileged": True}}
        yield "Privileged", json.dumps(worse).encode()

    monkeypatch.setattr(judging, "judge_create", lax)
    monkeypatch.setattr("worker.wall.guard.asking_for_more", one)


def _own_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Carrier, "_must_be_ours", _say_nothing)


def _list_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.engine_proxy.carry.list_path", lambda _: "/v1.40/containers/json?all=1")
    monkeypatch.setattr(Carrier, "_is_ours", lambda *_: True)


def _count_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def reserve(self: Any) -> None:
        self._making += 1

    monkeypatch.setattr(Carrier, "_reserve", reserve)


def _any_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Carrier, "_must_be_our_image", _say_nothing)


@pytest.fixture(params=["docker", "podman"])
def probes(request: pytest.FixtureRequest, engine_urls: dict[str, str], tmp_path: Any) -> Iterator[Probing]:
    with probing(engine_urls[request.param], tmp_path) as one:
        yield one


@pytest.mark.engine
def test_a_guard_of_the_engine_that_is_gone_is_noticed(
    probes: Probing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sabotage, case_id in (
        (_take_any_body, "G1"),
        (_list_everything, "G5"),
        (_count_nothing, "G6"),
        (_any_image, "G6"),
        (_own_everything, "G2"),
    ):
        with monkeypatch.context() as patch:
            sabotage(patch)
            verdict = probes.verdict(case_id)
        assert verdict.word == "not held", (sabotage.__name__, verdict)
        assert "the probe" not in verdict.seen, verdict


def _reads_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("worker.engine_proxy.reading._check_lines", lambda *_: None)


def _any_version_of_http(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("worker.engine_proxy.reading._check", lambda *_: None)


def _any_header(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judging, "_head_fault", lambda _: "")


def _any_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judging, "_CONTAINER", re.compile(r"/v1\.40/containers/(.+)(/json|/start|/attach)"))


def _any_filter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judging, "_LABEL", re.compile(".*"))


def _any_call(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judging, "_ask", lambda *_: Ask("version"))


def _any_verb(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judging, "_on_container", lambda request, name, *_: OnContainer("inspect", name))


@pytest.mark.parametrize(
    ("sabotage", "case_id"),
    [
        (_reads_on, "G4"),
        (_any_version_of_http, "G4"),
        (_any_header, "G4"),
        (_any_id, "G4"),
        (_any_filter, "G4"),
        (_any_call, "G3"),
        (_any_verb, "G4"),
    ],
)
async def test_a_guard_of_the_wire_that_is_gone_is_noticed(
    sabotage: Callable[[pytest.MonkeyPatch], None], case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await probe(CASES[case_id], NO_WALL)).word == "held"
    sabotage(monkeypatch)
    verdict = await probe(CASES[case_id], NO_WALL)
    assert verdict.word == "not held", verdict
    assert "reached the engine" in verdict.seen, verdict
