"""What does one worker process hold between jobs? An event loop in a thread, and the runtime on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from worker.answers import planner_version
from worker.jobs import run_job
from worker.lookups import Lookups
from worker.runtime import Runtime
from worker.settings import Settings

T = TypeVar("T")
_CLOSE_SECONDS = 20
log = structlog.get_logger()
_current: Process | None = None
_settings: Settings | None = None


class Process:
    """The loop runs on while Celery waits for work, so standby sandboxes are made and removed meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandglass-loop", daemon=True)
        self._thread.start()
        try:
            self._runtime = Runtime(settings)
            self._wait(self._runtime.open())
            self._lookups = Lookups(self._runtime)
            self._wait(self._lookups.start())
        except BaseException:
            self._stop_loop()
            raise

    def run_job(self, tenant_id: str, task_id: str) -> None:
        """See one job to its end; back when the next one finds a warm sandbox here, or after some seconds.

        Celery gives the next job to the process that was free last, whose standby is the one just used: held
        back, it lets those with a warm one go first. Stored answers do not wait for that (`worker.lookups`).
        """
        self._wait(run_job(self._runtime, tenant_id, task_id))
        self._wait(self._runtime.wait_warm())

    def close(self) -> None:
        """Destroy the standby sandboxes and give back connections."""
        try:
            self._wait(self._close(), _CLOSE_SECONDS)
        except TimeoutError:
            log.warning("did not close in time; the sweep removes what is left")
        self._stop_loop()

    async def _close(self) -> None:
        await self._lookups.stop()
        await self._runtime.close()

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)


def begin_process(settings: Settings) -> None:
    """Set up this process; called once, after the fork."""
    global _current, _settings
    _settings = settings
    planner_version()  # read now, or the first job would wait for it
    _current = Process(settings)


def end_process() -> None:
    """Take down this process; fine when it never came up."""
    global _current
    if _current is not None:
        _current.close()
        _current = None


def current() -> Process:
    """This process's own. Set up now if that failed at its start, which Celery only logs.

    Raises:
        RuntimeError: Before `begin_process`.
        StoreError: The store is still away; the job stays queued and is published again.
    """
    if _current is None:
        if _settings is None:
            raise RuntimeError("this worker process was not set up")
        begin_process(_settings)
    assert _current is not None  # noqa: S101 - set by begin_process, which mypy does not see
    return _current
