"""What does the container do from start to end: one pipe, one key, runs and loads one after the other?

The supervisor: it holds the pipe and the key, runs no code of others and imports the standard library only.
It forks the zygote before it reads the key, so the key is in no memory that code could reach.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from . import asked, facts, layout
from .artifacts import Budget
from .attempt import Attempt, end_frame
from .carrier import Carrier
from .code_process import CodeProcess
from .feed import Feed
from .frames import FrameError
from .listeners import LoadListener, RunListener
from .pipe import Pipe, PipeClosed
from .processes import Zygote, end_all_but, set_dumpable
from .zygote import main as zygote_main

VERSION = 1
_WAKE_SECONDS = 2.0


@dataclass
class Runner:
    """The supervisor's state: the pipe, the zygote, and the process that keeps the code's state."""

    pipe: Pipe
    zygote: Zygote
    process: CodeProcess | None = None
    loads: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """Files that were put and did not fit, each with the reason."""
    carrier: Carrier = field(init=False)

    def __post_init__(self) -> None:
        self.carrier = Carrier(self.pipe)

    def serve(self) -> None:
        """Greet, then do what frames ask until the pipe ends."""
        self._greet()
        while True:
            header, blob = self.pipe.receive()
            match header["type"]:
                case "put":
                    self._put(header, blob)
                case "run":
                    self._run(header)
                case "load":
                    self._load(header)
                case "feed":  # late, of a load that is over
                    continue
                case "stop":
                    return
                case _:  # late, of connections that ended with their attempt; anything else is an error
                    self.carrier.take(header, blob)

    def _greet(self) -> None:
        header, _ = self.pipe.receive()
        key = header.get("key")
        if header["type"] != "hello" or header.get("version") is True or header.get("version") != VERSION:
            raise FrameError(f"the first frame is not a hello of version {VERSION}")
        if not isinstance(key, str) or not re.fullmatch(r"[0-9a-f]{64}", key):
            raise FrameError("the key is not 64 hex digits")
        self.pipe.adopt_key(bytes.fromhex(key))
        self.zygote.wait_ready()
        self.pipe.send({"type": "ready", "version": VERSION, "facts": facts.gather()})

    def _put(self, header: dict[str, Any], blob: bytes) -> None:
        name = asked.put_name(header.get("name"))
        if name in self.refused:
            return
        try:
            _append(layout.IN_DIR / name, blob)
        except OSError as error:
            (layout.IN_DIR / name).unlink(missing_ok=True)
            self.refused[name] = f"the file does not fit into the sandbox: {error.strerror}"

    def _run(self, header: dict[str, Any]) -> None:
        output, number, wall_seconds = _frame_of_attempt(header)
        budget = Budget(output["artifact_count"], output["artifact_bytes"])
        language, code = asked.code(header)
        tables, web = asked.tables(header), asked.web(header)
        if self._refuse_run(number, tables, web):
            return
        self.process = self._living_process()
        message = {
            "type": "run",
            "attempt": number,
            "language": language,
            "code": code,
            "tables": tables,
            "output": output,
            "web": web and {"ca": web["ca"]},
        }
        listener = RunListener(self.pipe, number, output, budget)
        attempt = Attempt(
            self.pipe,
            self.zygote,
            self.process,
            number,
            wall_seconds,
            output,
            listener,
            budget,
            self.carrier,
        )
        if not attempt.run(message, set(), collect=True):
            self.process.close()
            self.process = None

    def _living_process(self) -> CodeProcess:
        """The process of the attempt before, if it still does what it is told, else a new one."""
        if self.process is not None:
            if self.process.wake(_WAKE_SECONDS):
                return self.process
            self.process.close()
            if not end_all_but({self.zygote.pid}):
                raise RuntimeError("processes of the code could not be ended")
        return CodeProcess(self.zygote)

    def _refuse_run(self, number: int, tables: list[dict[str, Any]], web: dict[str, Any] | None) -> bool:
        """Whether something that the run needs is not there; says so, if that is so.

        Else web requests are listened for, where the run may make them.
        """
        needed = [file["path"] for table in tables for file in table["files"]]
        needed += [web["ca"]] if web and web["ca"] else []
        reasons = [self.refused[path] for path in needed if path in self.refused]
        full = [str(layout.WORK_DIR)] if reasons else []
        if web and not reasons:
            try:
                self.carrier.listen(number, web["at_once"])
            except OSError as error:
                reasons = [f"web requests cannot be carried: earlier code took port 3128 ({error.strerror})"]
        if reasons:
            error = {"name": "OSError", "message": reasons[0], "traceback": ""}
            self.pipe.send({"type": "error", "attempt": number, **error})
            self.pipe.send(end_frame(number, "error") | {"disk_full": full})
        return bool(reasons)

    def _load(self, header: dict[str, Any]) -> None:
        """Read files in a process of its own, which ends with the load."""
        output, number, wall_seconds = _frame_of_attempt(header)
        files, taken = asked.files(header), asked.taken_names(header)
        self.loads += 1
        directory = layout.TMP_DIR / f"load-{self.loads}"
        directory.mkdir(mode=0o700)
        for file in files:
            if file["path"] in self.refused:
                error = {"code": "too_large", "message": self.refused[file["path"]]}
                profile = {"type": "profile", "attempt": number, "file_id": file["file_id"], "error": error}
                self.pipe.send(profile)
        files = [file for file in files if file["path"] not in self.refused]
        taken = taken + [path.stem for path in layout.IN_DIR.glob("*.parquet")]
        process = CodeProcess(self.zygote)
        fed = {file["file_id"] for file in files if file.get("fed")}
        feed = Feed(self.pipe, number, directory, fed, process.tell) if fed else None
        listener = LoadListener(self.pipe, number, files, directory, feed)
        attempt = Attempt(
            self.pipe,
            self.zygote,
            process,
            number,
            wall_seconds,
            output,
            listener,
            Budget(0, 0),
            self.carrier,
            feed,
        )
        spared = {self.process.pid} if self.process else set()
        message = {"type": "load", "files": files, "taken": taken, "directory": str(directory)}
        attempt.run(message, spared, collect=False)
        process.close()


def _append(path: Path, blob: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    try:
        left = memoryview(blob)
        while left:
            left = left[os.write(file, left) :]
    finally:
        os.close(file)


def _frame_of_attempt(header: dict[str, Any]) -> tuple[dict[str, int], int, float]:
    return asked.output_limits(header), asked.attempt_number(header), asked.wall_seconds(header)


def _take_pipe() -> Pipe:
    """Move the pipe away from descriptors 0 and 1, which code's processes get anew."""
    pipe = Pipe(os.dup(0), os.dup(1))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return pipe


def main() -> NoReturn:
    """Be the container's program."""
    os.umask(0o077)
    set_dumpable(False)
    layout.make_directories()
    os.environ.clear()
    os.environ.update(layout.environment())
    os.chdir(layout.OUT_DIR)
    pipe = _take_pipe()
    runner = Runner(pipe, Zygote(zygote_main))
    try:
        runner.serve()
    except PipeClosed:
        os._exit(0)
    except Exception as error:
        line = f"runner: {type(error).__name__}: {error}".splitlines()[0]
        sys.stderr.write(f"{line[:1000]}\n")
        sys.stderr.flush()
        os._exit(70)
    os._exit(0)


if __name__ == "__main__":
    main()
