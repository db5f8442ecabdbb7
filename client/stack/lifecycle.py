"""How does the whole local stack come up, and how does it go down without leaving anything?"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from client.errors import StackError
from client.stack.config import StackConfig, load_config, read_remembered, remember, settings_digest
from client.stack.engine import FoundEngine, find_engine, own_url, ping, podman_daemon, start_podman
from client.stack.gvisor import Gvisor, ensure_gvisor, gvisor_daemon
from client.stack.image import build_app_image, build_image, remove_sandboxes
from client.stack.local_key import ensure_local_key
from client.stack.process import wait_until
from client.stack.services import Say, Services

_SETTLE_SECONDS = 60.0


@dataclass(frozen=True)
class Up:
    """A stack that is up."""

    config: StackConfig
    engine: FoundEngine
    gvisor: Gvisor
    was_running: bool


def bring_up(say: Say) -> Up:
    """Start whatever of the stack does not run yet, and wait until all of it is ready.

    Raises:
        StackError: A part cannot be started; what was started before stays, `sandglass down` ends it.
    """
    config = load_config()
    services = Services(config)
    with _only_one(config):
        _refuse_other_port(services)
        engine = ensure_engine(config, say)
        gvisor = ensure_gvisor(engine, config, say)
        _end_outdated_worker(services, gvisor, say)
        parts = (services.gateway, services.worker)
        _tell_changed_settings(services, say)
        if all(part.alive() for part in parts) and services.workers() and services.gateway_ready():
            return Up(config, engine, gvisor, was_running=True)
        build_image(engine, config)
        if gvisor.own_storage:
            build_image(gvisor.engine, config)
        # Podman answers nothing for some seconds after a build; a worker that starts then finds no engine.
        wait_until(lambda: ping(engine.url) is not None, _SETTLE_SECONDS)
        remember(config, engine.url, gvisor.url)
        services.start_redis(say)
        if ensure_local_key(config):
            say(f"made a key for the local stack: {config.home / 'key'}")
        services.start_worker(engine.url, gvisor.url, say)
        services.start_gateway(say)
        # The worker first: the gateway is not ready before there is one.
        services.await_worker()
        services.await_gateway()
    return Up(config, engine, gvisor, was_running=False)


def take_down(say: Say) -> bool:
    """End all that `bring_up` started, sandboxes included; False: nothing of it ran.

    Raises:
        StackError: Sandboxes may be left, because the engine does not answer.
    """
    config = load_config()
    with _only_one(config):
        ended = Services(config).end_all(say)
        removed = _remove_sandboxes(config, say)
        if removed:
            say(f"removed {removed} sandbox container{'s' if removed > 1 else ''}")
        if podman_daemon(config.home).end(mark=config.mark):
            say("stopped podman's API service")
            ended = True
        if gvisor_daemon(config.home).end(mark=config.mark):
            say("stopped podman's API service for gVisor")
            ended = True
    return ended or removed > 0


def _end_outdated_worker(services: Services, gvisor: Gvisor, say: Say) -> None:
    kept = read_remembered(services.config.home)
    if kept and services.worker.alive() and kept.gvisor_url != gvisor.url:
        say("starting the worker anew: its engine for gVisor is another one now")
        services.worker.end(mark=services.config.mark)


def make_image(say: Say) -> None:
    """Build both images in the engine of this stack; leaves nothing running. Raises: StackError."""
    with borrowed_engine(say) as (engine, config):
        build_image(engine, config)
        build_app_image(engine, config)


@contextmanager
def borrowed_engine(say: Say) -> Iterator[tuple[FoundEngine, StackConfig]]:
    """The engine of this stack; one that is started for this is ended again. Raises: StackError."""
    config = load_config()
    with _only_one(config):
        own_service = podman_daemon(config.home)
        ran_before = own_service.alive() is not None
        try:
            yield ensure_engine(config, say), config
        finally:
            if not ran_before:
                own_service.end(mark=config.mark)


def ensure_engine(config: StackConfig, say: Say) -> FoundEngine:
    """The engine that the running stack has, else one that is found, else our own. Raises: StackError."""
    services, kept = Services(config), read_remembered(config.home)
    if kept and kept.engine_url and services.worker.alive():
        found = ping(kept.engine_url, ours=podman_daemon(config.home).alive() is not None)
        if found:
            return found
    found = find_engine(config.home)
    if found is None:
        say("no container engine answers: starting podman's API service")
        found = start_podman(config.home, {**os.environ, "SANDGLASS_STACK": config.stack_id})
    return found


def _remove_sandboxes(config: StackConfig, say: Say) -> int:
    from worker.engines.base import EngineError

    kept = read_remembered(config.home)
    if kept is None or not kept.engine_url:
        return 0
    if ping(kept.engine_url) is None:
        if kept.engine_url != own_url(config.home):
            # An engine that is gone for good must not keep `down` from working ever after.
            say(f"warning: no engine answers at {kept.engine_url}; sandboxes of this stack may be left there")
            return 0
        start_podman(config.home, {**os.environ, "SANDGLASS_STACK": config.stack_id})
    try:
        return remove_sandboxes(kept.engine_url, config.stack_id)
    except EngineError as error:
        raise StackError(
            f"sandboxes labelled sandglass.stack={config.stack_id} may be left: {error}; "
            "start the engine, then: sandglass down"
        ) from error


def _tell_changed_settings(services: Services, say: Say) -> None:
    kept = read_remembered(services.config.home)
    running = services.gateway.alive() or services.worker.alive()
    if kept and running and kept.settings != settings_digest():
        say("warning: settings differ from those the stack runs with; to apply them: sandglass down, then up")


def _refuse_other_port(services: Services) -> None:
    kept = read_remembered(services.config.home)
    if kept and services.gateway.alive() and kept.port != services.config.port:
        raise StackError(
            f"the stack runs on port {kept.port} already, not {services.config.port}; "
            f"use it as it is (SANDGLASS_PORT={kept.port}), or first: sandglass down"
        )


@contextmanager
def _only_one(config: StackConfig) -> Iterator[None]:
    with (config.home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                "another `sandglass up` or `down` is at work on this stack; wait for it"
            ) from None
        yield
