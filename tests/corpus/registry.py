"""Which nasty files are there?"""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path

from tests.corpus.case import Case

KINDS = ("text_", "book_", "json_", "refused_")
"""How the name of a module of cases begins; each has a list `CASES`."""
MODULES = [
    import_module(f"tests.corpus.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem.startswith(KINDS)
]
CASES: list[Case] = [case for module in MODULES for case in module.CASES]


def repeated_ids() -> list[str]:
    """Ids that two cases have."""
    return [name for name, count in Counter(case.id for case in CASES).items() if count > 1]
