"""The registry holds what ABUSE.md names, no less and no more; a verdict never comes of nothing."""

import asyncio
from typing import Any, cast

import pytest

from worker.engines.base import EngineRefusedError
from worker.wall.case import Case, NotHeldError, NotTestableError, Word, case, expect_only, probe
from worker.wall.known import ROOT_ENGINE
from worker.wall.registry import CASES, UnknownCaseError, choose, padded
from worker.wall.wall import Wall

ABUSE = {"E": 30, "R": 17, "N": 15, "S": 7, "P": 8}
NO_WALL = cast(Wall, None)


def test_every_case_of_abuse_is_there() -> None:
    wanted = [f"{letter}{number}" for letter, count in ABUSE.items() for number in range(1, count + 1)]
    assert [case_id for case_id in CASES if case_id[0] in ABUSE] == wanted
    assert len(wanted) == 77


def test_every_item_of_cis_section_5_is_there() -> None:
    found = [case_id for case_id in CASES if case_id.startswith("CIS")]
    assert found == [f"CIS-5.{number}" for number in range(1, 33)]


def test_ten_go_beyond_cis() -> None:
    beyond = [case_id for case_id in CASES if case_id.startswith("B")]
    assert len(beyond) == 10


def test_six_are_of_the_engine_proxy_and_nothing_else_is_there() -> None:
    assert [case_id for case_id in CASES if case_id.startswith("G")] == [f"G{n}" for n in range(1, 7)]
    assert len(CASES) == 77 + 32 + 10 + 6


def test_every_title_is_its_own_and_in_words() -> None:
    titles = [case.title for case in CASES.values()]
    assert len(set(titles)) == len(titles)
    assert all(len(title) > 10 and not title.endswith(".") for title in titles)


@pytest.mark.parametrize(
    ("names", "count"),
    [("E7", 1), ("e07, R3", 2), ("cis-5.31", 1), ("S", 7), ("CIS", 32), ("", 125), ("B", 10), ("G", 6)],
)
def test_cases_are_chosen_by_name(names: str, count: int) -> None:
    assert len(choose(names)) == count


@pytest.mark.parametrize("names", ["E31", "x", "E7,nope", "CIS-5.0", "5.1"])
def test_a_name_of_no_case_is_refused(names: str) -> None:
    with pytest.raises(UnknownCaseError, match="there is no case"):
        choose(names)


@pytest.mark.parametrize("names", [",", " , "])
def test_a_list_of_nothing_is_refused_for_nothing_would_hold(names: str) -> None:
    with pytest.raises(UnknownCaseError, match="names no case"):
        choose(names)


def test_tests_name_cases_with_two_digits() -> None:
    assert [padded(name) for name in ("E7", "E17", "CIS-5.3", "B10")] == ["E07", "E17", "CIS-5.03", "B10"]


async def _held(wall: Wall) -> None:
    return None


async def _sees(wall: Wall) -> None:
    raise NotHeldError("a hole")


async def _cannot(wall: Wall) -> None:
    raise NotTestableError("no root")


async def _listed(wall: Wall) -> Any:
    return ROOT_ENGINE


async def _hangs(wall: Wall) -> None:
    await asyncio.sleep(60)


async def _stumbles(wall: Wall) -> None:
    raise KeyError("value")


async def _no_sandbox(wall: Wall) -> None:
    raise EngineRefusedError("no")


@pytest.mark.parametrize(
    ("look", "word", "seen"),
    [
        (_held, "held", ""),
        (_sees, "not held", "a hole"),
        (_cannot, "not testable", "no root"),
        (_listed, "listed", "uid 65532"),
        (_hangs, "not held", "came to no end"),
        (_stumbles, "not held", "KeyError"),
        (_no_sandbox, "not held", "no sandbox could be probed"),
    ],
)
async def test_every_way_a_probe_ends_is_a_verdict(look: Any, word: Word, seen: str) -> None:
    verdict = await probe(Case("X1", "a case", look, seconds=0.2), NO_WALL)
    assert verdict.word == word
    assert seen in verdict.seen


def test_what_was_not_seen_does_not_hold() -> None:
    with pytest.raises(NotHeldError, match="nothing was seen"):
        expect_only([], {"EPERM"}, "mount")


def test_two_cases_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="two cases E1"):
        case("E1", "again")(_held)
