"""Resources, R11-R17: large files, all processors, silence, repairs, cores, bombs, zombies."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from worker.analysis.answer import answer_question
from worker.analysis.contract import Question
from worker.models.scripted import Line, ScriptedModel
from worker.models.settings import ModelSettings
from worker.wall import host
from worker.wall.case import NotTestableError, case, expect, expect_only
from worker.wall.wall import Wall

_SILENT_SECONDS = 16
"""Open Interpreter's own Jupyter language asks a model after 15 s of silence, and types its answer."""


@case("R11", "A file of a terabyte is refused")
async def terabyte(wall: Wall) -> None:
    """R11."""
    code = (
        "with open('/work/out/huge', 'wb') as file:\n"
        "    result = [tried(file.truncate, 1 << 40), tried(os.posix_fallocate, file.fileno(), 0, 1 << 40),\n"
        "              tried(os.pwrite, file.fileno(), b'x', 1 << 40)]\n"
        "os.unlink('/work/out/huge')"
    )
    allowed = {"EFBIG", "ENOSPC"} | ({"EOPNOTSUPP", "ENOTSUP"} if wall.gvisor else set())
    expect_only(await (await wall.rough()).value(code), allowed, "truncate, fallocate and write of 1 TB")


@case("R12", "Many busy processes get no more of the CPU than their quota")
async def quota_held(wall: Wall) -> None:
    """R12."""
    code = (
        "until = time.monotonic() + 2\n"
        "for _ in range(7):\n"
        "    if os.fork() == 0: break\n"
        "while time.monotonic() < until: pass\n"
    )
    names = ("cpuacct.usage", "cpu.stat")
    async with wall.fresh() as box:
        await box.works()
        before, started = await box.cgroup("cpuacct", *names), time.monotonic()
        await box.run(code)
        seconds = time.monotonic() - started
        after = await box.cgroup("cpuacct", *names)
        if before is None or after is None:
            raise NotTestableError("the host's cgroups say nothing of the CPU time of a sandbox")
        throttled = await box.cgroup("cpu", "cpu.stat")
        used, cpus = host.cpu_seconds(after) - host.cpu_seconds(before), box.policy.limits.cpus
        most = cpus * seconds * 1.2 + 0.3
        expect(used <= most, f"{used:.1f} s of CPU in {seconds:.1f} s, {cpus:g} allowed")
        # On a host that is busy itself a sandbox may stay below its quota without one.
        held_back = "nr_throttled 0" not in (throttled or "nr_throttled 0")
        expect(held_back or cpus >= (os.cpu_count() or 1), "its cgroup never held it back")


@case("R13", "Silence is waited out: no model is asked, nothing is typed")
async def silence(wall: Wall) -> None:
    """R13."""
    longer = {"code_wall_seconds": _SILENT_SECONDS + 10.0}
    limits = wall.policy.limits.model_copy(update=longer)
    async with wall.fresh(wall.policy.model_copy(update={"limits": limits})) as box:
        ran = await box.run(f"time.sleep({_SILENT_SECONDS})\nresult = [sys.stdin.read(), 'slept']")
    expect(ran.outcome == "ok", f"it ended with {ran.outcome}: {ran.message}")
    value = (ran.result or {}).get("value")
    expect(value == ["", "slept"], f"what was typed, and the end: {value}")
    expect(ran.stdout.text == "", f"printed: {ran.stdout.text[:100]!r}")


@case("R14", "Code that fails for ever is mended as often as the policy says, and within its tokens")
async def repairs_end(wall: Wall) -> None:
    """R14."""
    box = await wall.shared()
    question = Question(text="What is the sum?", tables=())

    async def on_stage(stage: str, fields: dict[str, Any]) -> None:
        """Nobody watches."""

    async def asked(line: Line, tokens: int) -> tuple[int, int, str]:
        model = ScriptedModel([line])
        settings = ModelSettings(max_total_tokens=tokens)
        analysis = await answer_question(
            question, box.sandbox, model, wall.policy, on_stage, settings=settings
        )
        return len(model.asked), len(analysis.attempts), analysis.outcome

    fails = "```python\nraise ValueError('again')\n```"
    calls, attempts, outcome = await asked(Line(text=fails, repeat=True), 200_000)
    allowed = wall.policy.limits.attempts
    expect((calls, attempts) == (allowed, allowed), f"{attempts} attempts, {calls} calls; {allowed} allowed")
    expect(outcome == "code_error", f"it ended with {outcome}")
    costly = Line(text=fails, repeat=True, input_tokens=5000)
    calls, _, outcome = await asked(costly, 1000)
    expect(calls == 1, f"the model was asked {calls} times although its tokens were used up at the first")


@case("R15", "No core is dumped")
async def no_core(wall: Wall) -> None:
    """R15."""
    box = await wall.rough()
    ran = await box.run("os.abort()")
    expect(ran.outcome == "code_error" and "signal 6" in ran.message, f"{ran.outcome}: {ran.message}")
    expect(ran.produced == (), f"files came out: {[file.name for file in ran.produced]}")
    code = (
        "import resource\n"
        "tops = ('/work', '/tmp', '/dev/shm', '/var/tmp')\n"
        "found = [n for f, names in walk(*tops) for n in names if 'core' in n]\n"
        "result = [resource.getrlimit(resource.RLIMIT_CORE), found]"
    )
    limit, found = await box.value(code)
    expect(limit == [0, 0], f"the limit of core files is {limit}")
    expect(not found, f"files: {found}")


_BOMBS = (
    "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
    "import json\njson.loads('[' * 10_000_000)",
    "import pickle\npickle.loads(b'\\x80\\x04' + b'(l' * 10_000_000 + b'.')\nx = 'a'\nwhile True: x += x",
    "(10 ** 8) ** (10 ** 8)",
)


@case("R16", "Bombs of regex, JSON, pickle and numbers end by the clock or the memory")
async def bombs_end(wall: Wall) -> None:
    """R16."""

    async def one(bomb: str) -> None:
        async with wall.fresh() as box:
            ran = await box.run(bomb)
            ended = ran.outcome in ("timeout", "oom", "code_error")
            expect(ended, f"{bomb[:20]} ended with {ran.outcome}: {ran.message}")
            expect(wall.gvisor or await box.works(), f"after {bomb[:20]} the sandbox runs no code")

    await asyncio.gather(*(one(bomb) for bomb in _BOMBS))


@case("R17", "Zombies are reaped")
async def zombies_reaped(wall: Wall) -> None:
    """R17."""
    code = (
        "for _ in range(20):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        if os.fork() == 0: os._exit(0)\n"
        "        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
        "def zombies():\n"
        "    states = []\n"
        "    for p in others():\n"
        "        try: states.append(open(f'/proc/{p}/stat').read().rpartition(')')[2].split()[0])\n"
        "        except OSError: pass\n"
        "    return states.count('Z')\n"
        "until = time.monotonic() + 2\n"
        "while zombies() and time.monotonic() < until: time.sleep(0.02)\n"
        "result = zombies()"
    )
    box = await wall.rough()
    left = await box.value(code)
    expect(left == 0, f"{left} zombies are left inside")
    if not wall.gvisor:
        states = [host.status_of(pid).get("State", "") for pid in await box.host_pids()]
        expect(not any(state.startswith("Z") for state in states), f"zombies on the host: {states}")
