"""How is a target fuzzed with coverage as the guide? `python -m tests.fuzz.guided TARGET`."""

from __future__ import annotations

import sys

import atheris

_WATCHED = [
    "sandbox_image",
    "worker.sandbox",
    "worker.analysis",
    "worker.engine_proxy",
    "store.text",
    "policies",
    "h11",
    "tests.fuzz",
]

with atheris.instrument_imports(include=_WATCHED):
    from tests.fuzz import harnesses


def main() -> None:
    """Fuzz until libFuzzer's options say stop, or something is found (exit status 77)."""
    name = sys.argv[1]
    target = harnesses.planted if name == "planted" else harnesses.TARGETS[name]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], lambda data: target(atheris.FuzzedDataProvider(data)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
