"""`python -m worker.wall`: what comes of each case, as lines of JSON. `sandglass doctor --deep` starts it."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import asdict
from typing import Any

import structlog

from policies.model import Policy, PolicyError, load_policy
from worker.engines.base import EngineError
from worker.settings import UnsafeSettingsError
from worker.wall.registry import UnknownCaseError, choose
from worker.wall.run import count, verdicts, wall_on

NOT_HELD, CANNOT_RUN, STOPPED = 1, 2, 130


def say(event: str, **fields: Any) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Probe; the exit status: 0 all held or listed, 1 something does not hold, 2 it could not run."""
    options = _options()
    # Sandboxes that break are what the probes are for; their own log would be noise.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    try:
        return asyncio.run(_run(options))
    except asyncio.CancelledError:
        say("stopped", reason="stopped by a signal; its sandboxes are removed")
        return STOPPED
    except (EngineError, PolicyError, UnknownCaseError, UnsafeSettingsError) as error:
        say("cannot run", reason=str(error))
        return CANNOT_RUN


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m worker.wall", description=__doc__)
    parser.add_argument("--engine", required=True, help="the engine's address, unix:///...")
    parser.add_argument("--image", required=True)
    parser.add_argument("--policy", default="default")
    parser.add_argument("--runtime", default="", choices=("", "runc", "runsc"))
    parser.add_argument("--only", default="", help="E7,R3,CIS-5.31; E: all of that letter")
    return parser.parse_args()


async def _run(options: argparse.Namespace) -> int:
    _stop_on_signals()
    cases = choose(options.only)
    policy = _policy(options)
    found = []
    async with wall_on(options.engine, options.image, policy) as wall:
        facts = asdict(await wall.engine.facts())
        listed = [{"id": case.case_id, "title": case.title} for case in cases]
        say("start", engine=facts, image=options.image, policy=policy.name, cases=listed)
        async for verdict in verdicts(wall, cases):
            found.append(verdict)
            say("case", **asdict(verdict))
    counted = count(found)
    say("end", counts=counted)
    return NOT_HELD if counted["not held"] else 0


def _policy(options: argparse.Namespace) -> Policy:
    policy = load_policy(options.policy)
    return policy.model_copy(update={"runtime": options.runtime}) if options.runtime else policy


def _stop_on_signals() -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is not None:
        # Also SIGINT, which a shell's background ignores: whoever sends it means it.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, _cancel_once, task)


def _cancel_once(task: asyncio.Task[Any]) -> None:
    # A second signal must not stop the removing of the sandboxes.
    if not task.cancelling():
        task.cancel()


if __name__ == "__main__":
    sys.exit(main())
