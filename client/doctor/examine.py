"""What is seen of each part of the stack: the looking, where `judge` does the judging."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import httpx

from client.api import Sandglass
from client.doctor.advice import advice_for
from client.doctor.inside import PROBE, last_complaint, read_probe
from client.doctor.judge import (
    Check,
    judge_engine,
    judge_image,
    judge_inside,
    judge_model,
    judge_policy,
    judge_python,
    judge_readiness,
    judge_workers,
)
from client.errors import ClientError, StackError
from client.settings import in_image
from client.stack.config import StackConfig
from client.stack.engine import find_engine, named_url, ping
from client.stack.gvisor import gvisor_url
from client.stack.image import image_digest
from client.stack.services import Services
from policies.folders import SHIPPED
from policies.model import PolicyError, load_policy
from store.base import StoreError
from store.open import open_store
from worker.engines.base import EngineError, EngineFacts, EngineUnfitError
from worker.engines.choose import Engines, choose_engine
from worker.engines.connect import connect
from worker.models.choose import UnknownModelError, choose_model
from worker.models.settings import ModelSettings
from worker.start import all_policies

_INSIDE_SECONDS = 60.0
_POLICY = "default"


def examine(config: StackConfig, remembered_engine: str) -> Iterator[Check]:
    """All checks, one after the other."""
    yield judge_python(sys.version_info[:3])
    said = set()
    for check in _engine(config, remembered_engine):
        said.add(check.message)
        yield check
    yield _store(config)
    yield _redis(config)
    yield examine_model()
    # What the workers say of their engines is said already, if one of them is this one.
    readiness = [check for check in _gateway(config) if check.message not in said]
    if Services(config).worker.crashed():
        readiness.append(Check("worker", "fail", "its process is gone", advice_for(config).up))
    yield from readiness
    yield from judge_workers(Services(config).workers())
    if any(check.level == "fail" for check in readiness):
        yield Check(
            "inside", "warn", "limits from inside not checked: the stack is not up", advice_for(config).up
        )
    else:
        yield from _inside(config)


def _engine(config: StackConfig, remembered: str) -> Iterator[Check]:
    try:
        found = (ping(remembered) if remembered else None) or find_engine(config.home)
        if found is None and in_image() and not named_url():
            yield Check("engine", "ok", "none in this container; what the workers say of theirs is below")
            return
        if found is None and in_image():
            yield Check("engine", "fail", f"{named_url()} does not answer", advice_for(config).engine)
            return
        if found is None:
            yield Check(
                "engine", "fail", "no container engine answers", "run: sandglass up, which starts podman"
            )
            return
        yield from judge_engine(found.url, asyncio.run(_facts(found.url)))
        yield from asyncio.run(examine_policies(found.url, gvisor_url(config), advice_for(config).policies))
        yield judge_image(config.image, image_digest(found.url, config.image))
    except (EngineError, StackError) as error:
        yield Check("engine", "fail", str(error), advice_for(config).engine)


async def examine_policies(url: str, second_url: str, mend: str) -> list[Check]:
    """Of each policy, whether its jobs run on these engines, or why they are refused. Raises: EngineError."""
    try:
        policies = all_policies()
    except PolicyError as error:
        return [Check("policies", "fail", str(error), mend)]
    engines = Engines(url, second_url)
    checks = []
    try:
        usual = await engines.usual()
        for policy in policies:
            try:
                engine, runtime = await choose_engine(policy, usual, engines.second)
            except EngineUnfitError as error:
                checks.append(judge_policy(policy.name, "", str(error)))
            else:
                checks.append(judge_policy(policy.name, f"{engine.name} with {runtime}", ""))
    finally:
        await engines.close()
    return checks


async def _facts(url: str) -> EngineFacts:
    engine = await connect(url)
    try:
        return await engine.facts()
    finally:
        await engine.close()


def _store(config: StackConfig) -> Check:
    scheme = config.store_url.partition(":")[0]

    async def look() -> None:
        store = open_store(config.store_url)
        await store.open()
        try:
            await store.ping()
        finally:
            await store.close()

    try:
        asyncio.run(look())
    except (StoreError, ValueError) as error:
        return Check("store", "fail", f"{scheme}: {error}", "see SANDGLASS_STORE; is the disk full?")
    return Check("store", "ok", f"{scheme} answers")


def _redis(config: StackConfig) -> Check:
    if Services(config).redis_answers():
        where = f"127.0.0.1:{config.redis_port}" if config.redis_port else "SANDGLASS_REDIS_URL"
        return Check("redis", "ok", f"answers at {where}")
    return Check("redis", "fail", "does not answer", advice_for(config).redis)


def examine_model() -> Check:
    """The model that `SANDGLASS_MODEL` names: is it one, and does its server answer?"""
    try:
        settings = ModelSettings()
    except ValueError as error:
        return Check("model", "fail", f"the settings are wrong: {error}", "see SANDGLASS_MODEL*")
    provider = settings.model.partition(":")[0]
    try:
        choose_model(settings.model, settings)
        if provider == "ollama":
            answer = httpx.get(f"{settings.ollama_url}/api/tags", timeout=5)
            answer.raise_for_status()
            return judge_model(settings.model, [str(item["name"]) for item in answer.json()["models"]])
        if provider == "openai":
            key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
            url = settings.openai_url or "https://api.openai.com/v1"
            httpx.get(
                f"{url}/models", headers={"Authorization": f"Bearer {key}"}, timeout=10
            ).raise_for_status()
    except UnknownModelError as error:
        return Check("model", "fail", str(error), "set SANDGLASS_MODEL to one of them")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        return judge_model(settings.model, None, error=str(error) or type(error).__name__)
    return judge_model(settings.model, None)


def _gateway(config: StackConfig) -> Iterator[Check]:
    try:
        with Sandglass() as client:
            client.sessions()
            yield from judge_readiness(client.base_url, client.readiness(), advice_for(config))
    except ClientError as error:
        yield Check("gateway", "fail", str(error), advice_for(config).gateway)


def _inside(config: StackConfig) -> Iterator[Check]:
    log = advice_for(config).worker_log
    try:
        with Sandglass() as client:
            task = client.execute(PROBE, policy=_POLICY)
            record = client.wait_for(str(task["task_id"]), limit_seconds=_INSIDE_SECONDS)
    except ClientError as error:
        yield Check("inside", "fail", str(error), log)
        return
    seen = read_probe(str((record.get("stdout") or {}).get("text", "")))
    if record.get("state") != "succeeded" or seen is None:
        reason = last_complaint(Services(config).worker.log_tail(200)) or record.get("outcome")
        yield Check("inside", "fail", f"a sandbox did not run the probe: {reason}", log)
        return
    yield from judge_inside(seen, load_policy(_POLICY, SHIPPED).limits)
