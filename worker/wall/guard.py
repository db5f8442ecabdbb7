"""The engine proxy, G1-G6: what a worker that was taken over tries to make of the engine behind it."""

from __future__ import annotations

import asyncio
import json

from policies.spec import LABEL_OWNER
from worker.engine_proxy.calls import ATTACH_QUERY, REMOVE_QUERY
from worker.wall.case import case, expect
from worker.wall.guard_attacks import CALLS, asking_for_more
from worker.wall.guard_bytes import two_meanings
from worker.wall.guard_lab import (
    Guarded,
    engine_socket,
    only_listening,
    proxy_before,
    request,
    send,
    words_of,
)
from worker.wall.wall import Wall

_AT_ONCE = 16
_MOST = 2
_CREATE = "/containers/create"
_UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")


@case("G1", "Through the engine proxy nothing is made but what the policy comes to")
async def asked_for_more(wall: Wall) -> None:
    """G1."""
    guarded = Guarded(wall)
    good = await guarded.body()
    bodies = dict(asking_for_more(good))
    try:
        async with proxy_before(engine_socket(wall), guarded.rules()) as path:
            limit = asyncio.Semaphore(_AT_ONCE)

            async def attempt(body: bytes) -> int:
                async with limit:
                    return (await send(path, request("POST", _CREATE, body)))[0]

            statuses = await asyncio.gather(*map(attempt, bodies.values()))
            made = await guarded.made()
            expect(not made, f"{len(made)} containers were made")
            let = [name for name, status in zip(bodies, statuses, strict=True) if not 400 <= status < 500]
            expect(not let, f"not refused: {', '.join(let[:5])}")
            for query in ("?name=gateway", "?platform=linux", "?"):
                status, _ = await send(path, request("POST", _CREATE + query, json.dumps(good).encode()))
                expect(
                    400 <= status < 500 and not await guarded.made(), f"{query} was answered with {status}"
                )
    finally:
        await guarded.clean()


@case("G2", "Through the engine proxy nobody reaches a container that is not the stack's own sandbox")
async def reached_for_others(wall: Wall) -> None:
    """G2."""
    guarded = Guarded(wall)
    box = await wall.shared()
    victim = box.sandbox.container_id
    tries = (
        ("GET", f"/containers/{victim}/json", ()),
        ("POST", f"/containers/{victim}/start", ()),
        ("POST", f"/containers/{victim}/attach?{ATTACH_QUERY}", _UPGRADE),
        ("DELETE", f"/containers/{victim}?{REMOVE_QUERY}", ()),
    )
    async with proxy_before(engine_socket(wall), guarded.rules()) as path:
        for method, target, headers in tries:
            status, said = await send(path, request(method, target, None, headers))
            expect(status == 403, f"{method} {target[:30]} was answered with {status}")
            expect(b"65532" not in said, "the answer tells of the container")
    expect(not await wall.gone(box), "it was removed")
    expect(await box.works(), "it does not work any more")


@case("G3", "Through the engine proxy no call goes on that a worker does not make")
async def other_calls(wall: Wall) -> None:
    """G3."""
    async with only_listening() as (engine, path):
        for method, target in CALLS:
            body = b"{}" if method in ("POST", "PUT") else None
            status, _ = await send(path, request(method, target, body))
            expect(not engine.heard, f"{method} {target[:40]} reached the engine")
            expect(status in (400, 403), f"{method} {target[:40]} was answered with {status}")


@case("G4", "A request that can be taken for two does not get past the engine proxy")
async def smuggled(wall: Wall) -> None:
    """G4."""
    async with only_listening() as (engine, path):
        for data in two_meanings():
            status, _ = await send(path, data)
            expect(not engine.heard, f"{data[:60]!r} reached the engine")
            expect(400 <= status < 500, f"{data[:60]!r} was answered with {status}")


@case("G5", "The engine proxy lists the stack's own sandboxes only")
async def listed_others(wall: Wall) -> None:
    """G5."""
    await wall.shared()
    guarded = Guarded(wall)
    everything = request("GET", "/containers/json?limit=-1&all=1&size=0&trunc_cmd=0")
    try:
        async with proxy_before(engine_socket(wall), guarded.rules()) as path:
            status, said = await send(path, everything)
            expect((status, said) == (200, b"[]"), f"{status}, {len(said)} bytes, although it has none")
            own = json.dumps(await guarded.body()).encode()
            status, said = await send(path, request("POST", _CREATE, own))
            expect(status == 201, f"a sandbox as it should be was answered with {status}: {words_of(said)}")
            rows = json.loads((await send(path, everything))[1])
            owners = [row["Labels"][LABEL_OWNER] for row in rows]
            expect(owners == ["guard"], f"of {owners}")
    finally:
        await guarded.clean()


@case("G6", "The engine proxy keeps to its number of sandboxes, and to its image")
async def too_many(wall: Wall) -> None:
    """G6."""
    guarded = Guarded(wall)
    body = await guarded.body()
    try:
        async with proxy_before(engine_socket(wall), guarded.rules(), _MOST) as path:
            other = {**body, "Image": "sha256:" + "0" * 64}
            status, said = await send(path, request("POST", _CREATE, json.dumps(other).encode()))
            expect(status == 403 and "digest" in words_of(said), f"another image: {status}")
            creates = [
                send(path, request("POST", _CREATE, json.dumps(body).encode())) for _ in range(_MOST + 3)
            ]
            statuses = sorted([status for status, _ in await asyncio.gather(*creates)])
            expect(statuses == [201] * _MOST + [429] * 3, f"answered with {statuses}")
            expect(len(await guarded.made()) == _MOST, "more were made")
    finally:
        await guarded.clean()
