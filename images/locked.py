"""Which of the locked libraries does the product need when it runs, and which only its tests?

Standard library only: it runs in the build of the image. `locked.py pyproject.toml requirements.lock` prints
the part of the lock that the dependencies of `[project]` lead to, by the lock's own `# via` comments.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==")
_VIA = re.compile(r"\s+#\s+(?:via\s+)?([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?$")


def running_lock(project: str, lock: str) -> str:
    """The pins, with their hashes, of what runs.

    Args:
        project: The text of pyproject.toml.
        lock: The text of requirements.lock, as uv writes it.
    """
    about = tomllib.loads(project)["project"]
    direct = {canonical(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]) for line in about["dependencies"]}
    pins = _pins(lock)
    if absent := direct - {name for name, _ in pins}:
        raise SystemExit(f"requirements.lock has no pin of {', '.join(sorted(absent))}; lock it again")
    wanted, found = set(direct), 0
    while found != len(wanted):
        found = len(wanted)
        wanted |= {name for name, text in pins if _needed_by(text) & wanted}
    return "".join(text for name, text in pins if name in wanted)


def canonical(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(lock: str) -> list[tuple[str, str]]:
    starts = [found.start() for found in re.finditer(r"^[A-Za-z0-9]", lock, re.MULTILINE)]
    texts = [lock[start:end] for start, end in zip(starts, [*starts[1:], len(lock)], strict=True)]
    return [(canonical(_PIN.match(text)[1]), text) for text in texts]  # type: ignore[index]


def _needed_by(text: str) -> set[str]:
    names = (_VIA.match(line) for line in text.splitlines())
    return {canonical(found[1]) for found in names if found}


if __name__ == "__main__":
    sys.stdout.write(running_lock(*(Path(path).read_text("utf-8") for path in sys.argv[1:3])))
