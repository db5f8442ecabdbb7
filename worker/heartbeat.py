"""What does this worker say of itself: that it lives, on which engine, and what is weak about it?"""

from __future__ import annotations

import json
import time
from importlib.metadata import version
from typing import Any

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from policies.model import PolicyError
from store.base import Store, StoreError
from store.mark import store_mark
from store.records import new_id, utc_now
from worker.engines.base import Engine, EngineError, EngineUnfitError
from worker.engines.choose import Engines, choose_engine
from worker.metrics.record import say
from worker.settings import Settings
from worker.start import all_policies

log = structlog.get_logger()
_VERSION = version("sandglass")
_CLOCK_SHARE = 4
"""A clock may be off by this part of a lease. A lease is renewed at a third of its length, so two clocks that
are apart by two thirds would have one worker take the other's jobs."""


class Heartbeat:
    """One worker's, kept in Redis under its name, for as long as three sweeps take."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = f"sandglass:worker:{settings.worker_name}"
        self._instance = new_id()[:12]
        self._beaten = False
        self._told: list[str] = []

    async def beat(self, client: redis.asyncio.Redis, engines: Engines, store: Store | None = None) -> None:
        """Say it once more; without Redis it is logged only."""
        settings = self._settings
        facts: dict[str, Any] = {
            "worker": settings.worker_name,
            "instance": self._instance,
            "stack": settings.stack,
            "version": _VERSION,
            "concurrency": settings.concurrency,
            "store": await _store_mark(store),
            "weaknesses": [],
        }
        facts |= await _engine_facts(engines, settings)
        await _say_engines(engines, facts)
        seconds = int(settings.sweep_seconds * 3) + 5
        try:
            facts["clock_seconds"] = await _clock_ahead(client)
            before = await client.get(self._key)
            odd = [*self._clock(facts["clock_seconds"]), *self._namesake(before)]
            facts["weaknesses"] += odd
            await client.set(self._key, json.dumps(facts), ex=seconds)
            self._beaten = True
            say("sandglass_heartbeat_timestamp_seconds", time.time())
            say("sandglass_redis_up", 1)
            for words in odd if len(odd) > len(self._told) else []:
                log.error("this worker does not fit to the others", reason=words)
            self._told = odd
        except (RedisError, OSError) as error:
            say("sandglass_redis_up", 0)
            log.error("no heartbeat", error=str(error))

    async def end(self, client: redis.asyncio.Redis) -> None:
        """Take it back: who asks whether there is a worker must not be told of one that has ended."""
        try:
            if _instance_in(await client.get(self._key) or b"") == self._instance:
                await client.delete(self._key)
        except (RedisError, OSError) as error:
            log.warning("heartbeat not taken back; it lapses", error=str(error))

    def _clock(self, ahead_seconds: float) -> list[str]:
        allowed = self._settings.lease_seconds / _CLOCK_SHARE
        if abs(ahead_seconds) <= allowed:
            return []
        return [
            f"a worker's clock is {ahead_seconds:+.0f} s off that of Redis, {allowed:.0f} s are safe; "
            "workers may take each other's running jobs: set the clocks by NTP"
        ]

    def _namesake(self, before: bytes | str | None) -> list[str]:
        # The first time it is what the worker before this one left, when it was started again.
        if before is None or not self._beaten or _instance_in(before) in (None, self._instance):
            return []
        return [
            "two workers have one name, and one of them is hidden: give each its own SANDGLASS_WORKER_NAME"
        ]


def _instance_in(heartbeat: bytes | str) -> str | None:
    try:
        return str(json.loads(heartbeat)["instance"])
    except (ValueError, KeyError, TypeError):
        return None


async def _store_mark(store: Store | None) -> str | None:
    try:
        return None if store is None else await store_mark(store)
    except StoreError:  # not up yet, or gone: the sweep of jobs says so
        return None


async def _clock_ahead(client: redis.asyncio.Redis) -> float:
    """By how many seconds this clock is ahead of Redis' own, the way there and back taken as equally long."""
    sent = time.monotonic()
    seconds, microseconds = await client.time()
    half = (time.monotonic() - sent) / 2
    return round(utc_now().timestamp() - half - seconds - microseconds / 1e6, 3)


async def _engine_facts(engines: Engines, settings: Settings) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    try:
        engine = await engines.usual()
        found = await engine.facts()
        facts["engine"] = {"name": found.name, "version": found.version, "runtime": found.runtime}
        facts["engine"]["runtime_version"] = found.runtime_version.partition("\n")[0]
        facts["policies"] = await _policies(engine, engines)
        refused = [reason for reason in facts["policies"].values() if reason != "ok"]
        facts["weaknesses"] = [*found.weaknesses, *refused]
        facts["image"] = await engine.image_digest(settings.image)
    except (EngineError, PolicyError) as error:  # a policy file may be spoilt while the worker runs
        facts["problem"] = str(error)
    return facts


async def _say_engines(engines: Engines, facts: dict[str, Any]) -> None:
    say("sandglass_engine_up", float("engine" in facts), engine="usual")
    if "image" in facts:
        say("sandglass_sandbox_image_info", digest=str(facts["image"]).removeprefix("sha256:")[:12])
    if engines.second is not None:
        try:
            await (await engines.second()).facts()
            say("sandglass_engine_up", 1, engine="gvisor")
        except EngineError:
            say("sandglass_engine_up", 0, engine="gvisor")


async def _policies(usual: Engine, engines: Engines) -> dict[str, str]:
    """Each policy, with `ok` or why its jobs are refused here. Raises: EngineError, PolicyError."""
    said = {}
    for policy in all_policies():
        try:
            await choose_engine(policy, usual, engines.second)
        except EngineUnfitError as error:
            said[policy.name] = str(error)
        else:
            said[policy.name] = "ok"
    return said
