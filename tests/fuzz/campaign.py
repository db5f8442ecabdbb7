"""What does `make fuzz` do? All targets side by side for some time, each with a corpus that stays."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.fuzz.harnesses import TARGETS

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Fuzz every target for `--seconds`; exits with 1 when one found something."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--home", type=Path, default=ROOT / ".sandglass" / "fuzz")
    asked = parser.parse_args()
    running = {name: start(name, asked.home, asked.seconds) for name in TARGETS}
    try:
        found = [name for name, process in running.items() if process.wait(asked.seconds + 120) != 0]
    finally:
        for process in running.values():
            process.kill()
            process.wait()
    for name in running:
        last = (asked.home / f"{name}.log").read_text(errors="replace").strip().splitlines()[-1:]
        sys.stdout.write(f"{name:10} {'FOUND' if name in found else 'held':6} {''.join(last)}\n")
    if found:
        sys.stdout.write(f"the inputs and the tracebacks: {asked.home}/*.crash-*, {asked.home}/*.log\n")
    raise SystemExit(1 if found else 0)


def start(name: str, home: Path, seconds: int) -> subprocess.Popen[bytes]:
    """Fuzz one target in the background; its words go to `<home>/<name>.log`."""
    corpus = home / name
    corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        "-timeout=20",
        "-rss_limit_mb=1024",
        "-max_len=4096",
        "-verbosity=1",
    ]
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.guided",
        name,
        *options,
        f"-artifact_prefix={home}/{name}.",
        str(corpus),
    ]
    with (home / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    main()
