"""Hosts that were set up apart are told of, each difference by name and with what mends it."""

from typing import Any

import pytest

from gateway.heartbeats import weaknesses

ALIKE = {"image": "sha256:aa", "version": "1.0", "store": "5f", "weaknesses": []}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"image": "sha256:bb"}, ["2 different sandbox images", "by its digest"]),
        ({"version": "0.9"}, ["different versions (0.9, 1.0)", "finish the update"]),
        ({"store": "6e"}, ["another store", "SANDGLASS_STORE"]),
        ({"problem": "no engine at unix:///secret"}, ["sandglass doctor"]),
    ],
)
def test_what_differs_is_said(other: dict[str, Any], words: list[str]) -> None:
    said = weaknesses([ALIKE, ALIKE | other], "1.0", "5f")
    assert len(said) == 1
    assert all(word in said[0] for word in words)
    assert "secret" not in said[0]


def test_hosts_that_are_alike_are_not_weak_and_each_weakness_is_said_once() -> None:
    assert weaknesses([ALIKE, ALIKE], "1.0", "5f") == []
    assert weaknesses([], "1.0", None) == []
    assert weaknesses([ALIKE | {"weaknesses": ["old runc"]}] * 2, "1.0", "5f") == ["old runc"]


@pytest.mark.parametrize("odd", [{}, {"image": 7, "version": None, "store": ["x"], "weaknesses": "x"}])
def test_a_heartbeat_that_says_nothing_differs_in_nothing(odd: dict[str, Any]) -> None:
    assert weaknesses([ALIKE, odd], "1.0", "5f") == []


def test_a_gateway_of_another_version_or_store_is_told_too() -> None:
    assert len(weaknesses([ALIKE], "1.1", "6e")) == 2
