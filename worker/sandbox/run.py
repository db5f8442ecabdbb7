"""How does one sandbox do its work: tables in, files read, code run, and all that comes out judged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import structlog

from policies.model import Policy
from store.records import Language, WebRequest
from worker.analysis.contract import Produced, RunResult
from worker.engines.base import Engine, EngineError, PipeClosedError
from worker.metrics.sandboxes import sandbox_gone
from worker.sandbox.attempt import result_of, signals_of
from worker.sandbox.authorities import authorities_of
from worker.sandbox.collect import Collected, TooMuchError
from worker.sandbox.dial import INTERNET, Network
from worker.sandbox.feeder import FEED_TYPES, Feeder, Progress, Source
from worker.sandbox.frames import BLOB_LIMIT_BYTES, FrameError
from worker.sandbox.link import Link, SandboxLostError
from worker.sandbox.outcome import Verdict, judge
from worker.sandbox.tunnel import NET_TYPES, Tunnel

log = structlog.get_logger()
_TIMES_WRITTEN = 4
CA_NAME = "ca.pem"
"""As which the policy's `ca_file` is put; no table's name has this ending."""


@dataclass(frozen=True)
class FileToLoad:
    """An uploaded file that was put into the sandbox as `put_name`."""

    file_id: str
    name: str
    format: str
    put_name: str
    asked: dict[str, Any] = field(default_factory=dict)
    """What of it is read, and how: the fields of `Asked` in sandbox_image/loaders/read_as.py."""
    fed: Source | None = None
    """Gives its bytes, if it was not put but is sent while it is read."""
    size_bytes: int = 0
    """Of one that is fed."""


@dataclass(frozen=True)
class Loaded:
    """What reading files came to. `profiles` are the `profile` frames; `tables` their Parquet files."""

    verdict: Verdict
    profiles: tuple[dict[str, Any], ...]
    tables: tuple[Produced, ...]
    """The tables' files; of files that were fed, their parts."""


@dataclass(frozen=True)
class Made:
    """A container that came up: its id, the digest of its image, what it says of itself, and its spool."""

    container_id: str
    image_digest: str
    facts: dict[str, Any]
    spool: Path


class Preparer(Protocol):
    """Has what a run needs put into its sandbox."""

    async def prepare(self, code: str, language: Language) -> None:
        """Before a run."""

    async def amend(self, run: RunResult) -> bool:
        """After it: whether it failed for want of what is there only now."""

    def explain(self, run: RunResult) -> str:
        """What its message is to say beside the outcome."""


class ContainerSandbox:
    """A sandbox in a container. Meets `worker.analysis.contract.Sandbox`."""

    def __init__(
        self, engine: Engine, link: Link, policy: Policy, made: Made, network: Network = INTERNET
    ) -> None:
        self._engine = engine
        self._link = link
        self._tables: list[dict[str, Any]] = []
        self.preparer: Preparer | None = None
        self._net: dict[str, Any] | None = None
        self._tunnel = Tunnel(policy, policy.egress, link.send, network) if policy.egress else None
        self.policy = policy
        self.container_id = made.container_id
        self.image_digest = made.image_digest
        self.facts = made.facts
        self.spool = made.spool

    @property
    def engine_name(self) -> str:
        """The kind of engine that it runs on."""
        return self._engine.name

    @property
    def alive(self) -> bool:
        """Whether it may still be used."""
        return self._link.alive

    @property
    def web_requests(self) -> list[WebRequest]:
        """What code has asked of the web so far, refused ones too: the first of them."""
        return self._tunnel.account.records if self._tunnel else []

    @property
    def web_notes(self) -> list[str]:
        """How many requests are not among them."""
        return self._tunnel.account.notes() if self._tunnel else []

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Stream a file to `/work/in/<name>`; never more than one chunk of it is in memory.

        Raises:
            PipeClosedError: The sandbox is gone.
        """
        async for chunk in chunks:
            for at in range(0, len(chunk), BLOB_LIMIT_BYTES):
                piece = chunk[at : at + BLOB_LIMIT_BYTES]
                await self._link.send({"type": "put", "name": name, "last": False}, piece)
        await self._link.send({"type": "put", "name": name, "last": True})

    def add_table(self, name: str, put_name: str) -> None:
        """Say that a table's Parquet is there; the first one is `df`."""
        self._tables.append({"name": name, "path": put_name})

    def add_table_in_parts(self, name: str, columns: list[str]) -> None:
        """Say that there is a table, of which parts may be put; these are all its columns, in order."""
        self._tables.append({"name": name, "columns": columns, "parts": []})

    def add_part(self, table: str, put_name: str, columns: list[str]) -> None:
        """Say that some columns of a table are there."""
        parts = next(one["parts"] for one in self._tables if one["name"] == table)
        parts.append({"path": put_name, "columns": columns})

    async def load(
        self, files: list[FileToLoad], taken: list[str], progress: Progress | None = None
    ) -> Loaded:
        """Read uploaded files: a profile and a Parquet file for each table, named none of `taken`."""
        limits = self.policy.limits
        header = {
            "type": "load",
            "files": [
                {
                    "file_id": file.file_id,
                    "name": file.name,
                    "path": file.put_name,
                    "format": file.format,
                    "asked": file.asked,
                    "fed": file.fed is not None,
                }
                for file in files
            ],
            "taken": taken,
            "wall_seconds": limits.load_wall_seconds,
        }
        fed = {file.file_id: file.fed for file in files if file.fed is not None}
        feeder = Feeder(self._link, 0, fed, progress or Progress()) if fed else None
        # Parquet is smaller than text; a part may be written several times until its type is settled.
        most = limits.tmpfs_bytes + _TIMES_WRITTEN * sum(file.size_bytes for file in files)
        seen, verdict = await self._attempt(header, 0, limits.load_wall_seconds, most, feeder)
        if verdict.outcome != "ok":
            said = bytes(seen.head["stderr"] + seen.tail["stderr"])[-2000:]
            log.warning("files not read", outcome=verdict.outcome, stderr=said.decode("utf-8", "replace"))
        tables = tuple(p for p in seen.produced if p.role in ("table", "part"))
        return Loaded(verdict, tuple(seen.profiles), tables)

    async def run(self, code: str, language: Language, number: int) -> RunResult:
        """Run `code` as attempt `number`; never raises for what the code does.

        Raises:
            PipeClosedError: The sandbox was gone before the code began.
            PolicyError: The policy's `ca_file` is not what it was when the worker started.
            JobFailedError: The preparer's: what the code needs of the tables is too much.
        """
        if self.preparer is None:
            return await self._run(code, language, number)
        await self.preparer.prepare(code, language)
        run = await self._run(code, language, number)
        if await self.preparer.amend(run):
            run = await self._run(code, language, number)
        more = self.preparer.explain(run)
        return replace(run, message=run.message + more) if more else run

    async def _run(self, code: str, language: Language, number: int) -> RunResult:
        started = time.monotonic()
        wall_seconds = self.policy.limits.code_wall_seconds
        header: dict[str, Any] = {
            "type": "run",
            "language": language,
            "code": code,
            "tables": self._tables,
            "wall_seconds": wall_seconds,
        }
        if self._tunnel is not None:
            header["net"] = await self._net_header()
            self._tunnel.begin(number)
        seen, verdict = await self._attempt(header, number, wall_seconds, self.policy.output.artifact_bytes)
        return result_of(seen, verdict, time.monotonic() - started)

    async def _net_header(self) -> dict[str, Any]:
        """What the runner is to know of web requests; the CA file is put when it is first asked for."""
        if self._net is None:
            egress, data = self.policy.egress, await asyncio.to_thread(authorities_of, self.policy)
            if data is not None:
                await self._link.send({"type": "put", "name": CA_NAME, "last": True}, data)
            self._net = {"at_once": egress.at_once if egress else 0, "ca": CA_NAME if data else None}
        return self._net

    async def hang_up(self) -> None:
        """Close the pipe; the sandbox's runner ends by itself when it notices."""
        await self._link.close()

    async def destroy(self) -> None:
        """Remove the container; a used sandbox is never used again."""
        try:
            await self._engine.remove(self.container_id)
        except EngineError as error:
            log.warning(
                "sandbox not removed; the sweep will", container=self.container_id[:12], error=str(error)
            )
        finally:
            # Also when it could not be removed: without the pipe its runner ends.
            sandbox_gone(self.container_id, self._link.traffic)
            await self.hang_up()

    async def _attempt(
        self,
        header: dict[str, Any],
        number: int,
        wall_seconds: float,
        file_limit_bytes: int,
        feeder: Feeder | None = None,
    ) -> tuple[Collected, Verdict]:
        output = self.policy.output.model_dump()
        asked = frozenset(file["file_id"] for file in header.get("files", ()))
        fed = frozenset(file["file_id"] for file in header.get("files", ()) if file.get("fed"))
        seen = Collected(self.policy, self.spool, number, file_limit_bytes, asked, fed)
        flags: dict[str, Any] = {}
        try:
            async with asyncio.timeout(wall_seconds + self.policy.limits.grace_seconds):
                await self._link.send({**header, "attempt": number, "output": output})
                while seen.end is None:
                    frame = await (feeder or self._link).receive()
                    if feeder is not None and frame.type in FEED_TYPES:
                        await feeder.take(frame)
                    elif self._tunnel is not None and frame.type in NET_TYPES:
                        self._tunnel.take(frame)
                    else:
                        seen.take(frame)
        except TimeoutError:
            flags["clock_ended"] = True
        except TooMuchError as error:
            flags["over_bytes"] = str(error)
        except FrameError as error:
            flags["protocol_error"] = str(error)
        except SandboxLostError as error:
            flags["protocol_error"] = error.reason if error.protocol else None
        except PipeClosedError:
            pass
        finally:
            seen.close()
            if feeder is not None:
                await feeder.close()
            if self._tunnel is not None:
                await self._tunnel.end()
        if seen.end is None and not flags.get("over_bytes"):
            flags["container_oom"] = await self._was_oom_killed()
            log.warning("no end of attempt", diagnostics=self._link.diagnostics()[-2000:], **flags)
        refused = self._tunnel.refused() if self._tunnel is not None and "net" in header else ()
        signals = signals_of(seen, loading=header["type"] == "load", refused=refused, **flags)
        return seen, judge(signals, self.policy)

    async def _was_oom_killed(self) -> bool:
        try:
            state = await self._engine.state(self.container_id)
        except EngineError:
            return False
        return state is not None and state.oom_killed
