"""Which cases are there, and in what order?"""

from __future__ import annotations

from worker.wall import (  # noqa: F401 - a case registers itself when its module is imported
    beyond,
    cis,
    cis_more,
    egress,
    escape_files,
    escape_kernel,
    guard,
    network,
    protocol,
    resources,
    resources_more,
    secrets,
)
from worker.wall.case import REGISTERED, Case

_LETTERS = ("E", "R", "N", "S", "P", "CIS-5.", "B", "G")


def _order(case: Case) -> tuple[int, int]:
    letter, number = split(case.case_id)
    return _LETTERS.index(letter), number


def split(case_id: str) -> tuple[str, int]:
    """`E7` as ("E", 7), `CIS-5.31` as ("CIS-5.", 31)."""
    number = case_id[len(case_id.rstrip("0123456789")) :]
    return case_id[: len(case_id) - len(number)], int(number)


CASES: dict[str, Case] = {case.case_id: case for case in sorted(REGISTERED.values(), key=_order)}


class UnknownCaseError(ValueError):
    """No case has such an id."""


def choose(names: str) -> list[Case]:
    """The cases that `E7,R3,cis-5.31` names, all where it is empty; a letter alone means all of that letter.

    Raises:
        UnknownCaseError: One of them is no case.
    """
    if not names.strip():
        return list(CASES.values())
    chosen: dict[str, Case] = {}
    for name in (part.strip().upper() for part in names.split(",") if part.strip()):
        found = {
            key: case
            for key, case in CASES.items()
            if name in (key, padded(key), split(key)[0].rstrip("-.5"))
        }
        if not found:
            raise UnknownCaseError(f"there is no case {name!r}; there are {', '.join(CASES)}")
        chosen |= found
    if not chosen:
        raise UnknownCaseError(f"{names!r} names no case")
    return [case for key, case in CASES.items() if key in chosen]


def padded(case_id: str) -> str:
    """As tests name it: `E07`, `CIS-5.07`."""
    letter, number = split(case_id)
    return f"{letter}{number:02}"
