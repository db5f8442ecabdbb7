"""Resources, R1-R10: what may one job use, and does the one beside it feel it?"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from worker.wall import host
from worker.wall.case import case, expect, expect_only
from worker.wall.inside import CHANNEL
from worker.wall.known import GVISOR_OOM, NO_INODE_LIMIT, Known
from worker.wall.wall import Box, Wall, asked_for

_MIB = 1 << 20
_REAP_SECONDS = 2.0
"""Until init has taken the ends of what was killed; a daemon would stay."""
_FLAT_KIB = 64 << 10
"""How much the worker may grow while it takes in a flood; allocators keep some of what they had."""


async def works_on(box: Box) -> None:
    """The sandbox still runs code."""
    expect(await box.works(), "the sandbox runs no code any more")


@case("R1", "An endless loop is ended by the clock")
async def endless_loop(wall: Wall) -> None:
    """R1."""
    box = await wall.rough()
    started = time.monotonic()
    ran = await box.run("while True: pass")
    took, limits = time.monotonic() - started, box.policy.limits
    expect(ran.outcome == "timeout", f"it ended with {ran.outcome}: {ran.message}")
    expect(took < limits.code_wall_seconds + limits.grace_seconds, f"it ended after {took:.1f} s")
    await works_on(box)


@case("R2", "Daemons that ignore signals end with the run, and all with the sandbox")
async def daemons_end(wall: Wall) -> None:
    """R2."""
    code = (
        "for n in range(1, 64):\n"
        "    if n not in (9, 17, 19, 32, 33): signal.signal(n, signal.SIG_IGN)\n"
        "for _ in range(5):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        if os.fork() == 0:\n"
        "            while True: time.sleep(0.1)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "result = 'left'"
    )
    async with wall.fresh() as box:
        await box.works()
        before, first = await box.processes(), await box.host_pid()
        expect(await box.value(code) == "left", "the daemons were not started")
        until = time.monotonic() + _REAP_SECONDS
        while (count := await box.processes()) > before:
            expect(time.monotonic() < until, f"daemons outlived their run: {count} processes, not {before}")
            await asyncio.sleep(0.05)
    expect(await wall.gone(box), "the container is still there")
    expect(host.status_of(first) == {}, f"process {first} of the host outlived its container")


_COUNTED = (
    "made = 0\n"
    "while True:\n"
    "    try: pid = os.fork()\n"
    "    except OSError as error: name = errno.errorcode[error.errno]; break\n"
    "    if pid == 0: time.sleep(60)\n"
    "    made += 1\n"
    "result = [made, name]"
)
_BOMB = "while True:\n    try: os.fork()\n    except OSError: pass\n"
_WORK = "import pandas as pd\nresult = int(pd.Series(range(300_000)).map(lambda x: x % 7).sum())"
_WORKED = sum(x % 7 for x in range(300_000))


@case("R3", "A fork bomb stops at its limit, and the job beside it finishes")
async def fork_bomb(wall: Wall) -> None:
    """R3."""
    async with wall.fresh() as bomber:
        beside = await wall.shared()
        counted, pids = await bomber.run(_COUNTED), bomber.policy.limits.pids
        if not wall.gvisor or counted.outcome != "oom":  # gVisor counts what forked processes share
            made, name = counted.result["value"] if counted.result else (-1, counted.message)
            expect(name == "EAGAIN" and 0 < made < pids, f"{made} processes were made of {pids}, then {name}")
        bombed, worked = await asyncio.gather(bomber.run(_BOMB), beside.run(_WORK))
        expect(bombed.outcome in ("timeout", "code_error", "oom"), f"the bomb ended with {bombed.outcome}")
        value = worked.result["value"] if worked.result else worked.message
        expect(value == _WORKED, f"the job beside it: {worked.outcome} {value}")
        await works_on(bomber)
        count = await bomber.processes()
        expect(count < pids, f"{count} processes are left")


_MEMORY = (
    "a = bytearray(10 << 30)\nresult = len(a)",
    "a = []\nwhile True: a.append(b'x' * (10 << 20))",
    "pid = os.fork()\nif pid == 0:\n    a = []\n    while True: a.append(b'x' * (10 << 20))\n"
    "if os.waitpid(pid, 0)[1]: raise RuntimeError('my child died')",
)


@case("R4", "Too much memory ends the code, not the sandbox, and is told as such")
async def too_much_memory(wall: Wall) -> Known | None:
    """R4."""
    outcomes = []
    for code in _MEMORY:
        box = await wall.rough()
        ran = await box.run(code)
        outcomes.append(ran.outcome)
        lost = wall.gvisor and ran.outcome == "runner_lost"
        expect(ran.outcome == "oom" or lost, f"it ended with {ran.outcome}: {ran.message}")
        if not wall.gvisor:
            await works_on(box)
    await works_on(await wall.shared())
    return GVISOR_OOM if "runner_lost" in outcomes else None


@case("R5", "There is no swap beyond the memory")
async def no_swap(wall: Wall) -> None:
    """R5."""
    box = await wall.rough()
    config, memory = (await box.record())["HostConfig"], asked_for(box.policy)["Memory"]
    expect(
        config["Memory"] == config["MemorySwap"] == memory,
        f"Memory {config['Memory']}, MemorySwap {config['MemorySwap']}, the policy says {memory}",
    )
    # Version 1 without swap accounting has no such file; then the host has no swap either, or R5 is not held.
    limit = await box.cgroup("memory", "memory.swap.max", "memory.memsw.limit_in_bytes")
    swap = next(
        line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("SwapTotal")
    )
    expect(limit in ("0", str(memory)) or swap.split()[1] == "0", f"the cgroup says {limit}")


@case("R6", "Every place is full at its limit, and nothing of it is on the host's disk")
async def places_are_full(wall: Wall) -> None:
    """R6."""
    code = (
        "def fill(top):\n"
        "    written = 0\n"
        "    try:\n"
        "        with open(top + '/big', 'wb', 0) as file:\n"
        "            while True: written += file.write(bytes(1 << 18))\n"
        "    except OSError as error: name = errno.errorcode[error.errno]\n"
        "    os.unlink(top + '/big')\n"
        "    return [written, name]\n"
        "result = [fill(top) for top in ('/work/out', '/tmp', '/dev/shm')]"
    )
    box = await wall.rough()
    sizes = (box.policy.limits.tmpfs_bytes, 16 * _MIB, _MIB)
    for (written, name), size in zip(await box.value(code), sizes, strict=True):
        full = name in ("ENOSPC", "EFBIG") and written <= size
        expect(full, f"{written} bytes could be written where {size} are allowed, then {name}")
    upper = ((await box.record())["GraphDriver"].get("Data") or {}).get("UpperDir")
    if upper:
        on_disk = sum(file.lstat().st_size for file in Path(upper).rglob("*") if not file.is_dir())
        expect(on_disk < 64 << 10, f"{on_disk} bytes of it are on the host's disk")


@case("R7", "A flood of output is cut, and the worker does not grow by it")
async def output_flood(wall: Wall) -> None:
    """R7."""
    box = await wall.shared()
    before = host.resident_kib()
    ran = await box.run("while True: print('x' * 100_000)")
    grown, kept = host.resident_kib() - before, len(ran.stdout.text)
    expect(ran.outcome == "output_limit", f"it ended with {ran.outcome}: {ran.message}")
    expect(kept < box.policy.output.stdout_bytes + 200, f"{kept} characters were kept")
    expect(ran.stdout.truncated and ran.stdout.bytes > kept, "it is not said that the output is cut")
    expect(grown < _FLAT_KIB, f"the worker grew by {grown >> 10} MiB")
    record = await box.record()
    expect(not record.get("LogPath"), f"the engine keeps a log: {record.get('LogPath')}")


_FLOODS = (
    "os.write(channel, b'\\xff' * 8); [os.write(channel, bytes(1 << 20)) for _ in range(1024)]",
    "for _ in range(1_000_000): say({'type': 'display', 'x': 1})",
    "for _ in range(1_000_000): say({'type': 'result', 'result': {'type': 'text', 'value': 'x'}})",
    "for i in range(1_000_000): say({'type': 'file', 'role': 'figure', 'name': f'{i}.png',"
    " 'mime': 'image/png', 'size': 1, 'last': True}, b'x')",
)


@case("R8", "One frame of 1 GB and a million tiny ones are refused")
async def frame_flood(wall: Wall) -> None:
    """R8."""
    before = host.resident_kib()
    for flood in _FLOODS:
        box = await wall.rough()
        ran = await box.run(f"{CHANNEL}{flood}")
        ended = ran.outcome in ("code_error", "timeout", "output_limit")
        expect(ended, f"it ended with {ran.outcome}: {ran.message}")
        expect(len(ran.produced) <= box.policy.output.artifact_count, f"{len(ran.produced)} files came out")
        await works_on(box)
    grown = host.resident_kib() - before
    expect(grown < _FLAT_KIB, f"the worker grew by {grown >> 10} MiB")


@case("R9", "Threads and open files have a limit")
async def threads_and_files(wall: Wall) -> None:
    """R9."""
    code = (
        "import threading\n"
        "stop, made = threading.Event(), 0\n"
        "try:\n"
        "    for _ in range(1000): threading.Thread(target=stop.wait, daemon=True).start(); made += 1\n"
        "except RuntimeError: pass\n"
        "stop.set()\n"
        "kept, name = [], None\n"
        "try:\n"
        "    while len(kept) < 100_000: kept.append(open('/dev/null'))\n"
        "except OSError as error: name = errno.errorcode[error.errno]\n"
        "count = len(kept)\n"
        "for file in kept: file.close()\n"
        "result = [made, count, name]"
    )
    async with wall.fresh() as box:
        threads, files, name = await box.value(code)
        limits = box.policy.limits
        expect(threads < limits.pids, f"{threads} threads were started; the policy allows {limits.pids}")
        expect(name == "EMFILE" and files < limits.nofile, f"{files} files could be opened, then {name}")


@case("R10", "A hundred thousand files cost only their own job")
async def many_files(wall: Wall) -> Known | str:
    """R10."""
    code = (
        "os.mkdir('/work/out/many')\n"
        "made, name = 0, 'ok'\n"
        "try:\n"
        "    for i in range(100_000): os.close(os.open(f'/work/out/many/{i}', os.O_CREAT)); made += 1\n"
        "except OSError as error: name = errno.errorcode[error.errno]\n"
        "result = [made, name]"
    )
    async with wall.fresh() as box:
        ran = await box.run(code)
        ended = ran.outcome in ("ok", "oom", "timeout", "disk_limit", "output_limit")
        expect(ended, f"it ended with {ran.outcome}: {ran.message}")
        expect(len(ran.produced) <= box.policy.output.artifact_count, f"{len(ran.produced)} files came out")
        expect(await (await wall.shared()).works(), "the sandbox beside it runs no code any more")
    made, name = ran.result["value"] if ran.result else (0, ran.outcome)
    expect_only(
        [name], {"ok", "ENOSPC", "ENOMEM", "oom", "timeout", "output_limit"}, "making files ended with"
    )
    return NO_INODE_LIMIT if name == "ok" else f"{made} files, then {name}"
