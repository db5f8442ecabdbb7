"""What does the code's process do: take a run or a load from the runner, do it, say what came out.

All that it says may be forged by the code it runs; the runner treats it so.
"""

from __future__ import annotations

import ast
import builtins
import ctypes
import io
import itertools
import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from . import figures, kernel, plotting, results, tracebacks, web
from .fed_blocks import FedBlocks
from .frames import FROM_SANDBOX, FROM_WORKER, MAX_BLOB_BYTES, FrameReader, FrameWriter
from .layout import IN_DIR, OUT_DIR, cpu_count, memory_limit_bytes
from .tables import Source, Sql, Tables

_READ_BYTES = 1 << 20


class _Interpreter:
    """What an attempt may break of the interpreter itself, as it was before any code ran."""

    def __init__(self) -> None:
        self._builtins = dict(vars(builtins))
        self._modules = dict(sys.modules)
        self._lists = [(one, list(one)) for one in (sys.path, sys.meta_path, sys.path_hooks)]
        self._recursion = sys.getrecursionlimit()

    def restore(self) -> None:
        """Undo it, so that the next attempt does not fail for what the last one did."""
        sys.settrace(None)
        sys.setprofile(None)
        signal.alarm(0)
        sys.setrecursionlimit(self._recursion)
        vars(builtins).update(self._builtins)
        sys.modules.update(self._modules)
        for one, content in self._lists:
            one[:] = content + [item for item in one if item not in content]


class Child:
    """The code's process: its channel to the runner and the state that lives through attempts."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._reader = FrameReader(FROM_WORKER)
        self._writer = FrameWriter(FROM_SANDBOX)
        self._pid = os.getpid()
        self._namespace = kernel.namespace()
        self._sound = _Interpreter()
        self._spoiled = False
        """Reporting failed: code may have broken a library for good; the next attempt gets a new process."""

    def serve(self) -> None:
        """Do what the runner asks until it hangs up."""
        while True:
            frame = self._reader.next()
            if frame is not None:
                header, _ = frame
                if header["type"] == "run":
                    self._run(header)
                elif header["type"] == "load":
                    self._load(header)
                elif header["type"] == "ping" and not self._spoiled:
                    self._say({"type": "pong"})
                else:
                    return
                continue
            data = self._channel.recv(_READ_BYTES)
            if not data:
                return
            self._reader.feed(data)

    def _run(self, header: dict[str, Any]) -> None:
        self._sound.restore()
        _fresh_streams()
        collector = plotting.Current.collector = figures.FigureCollector()
        kernel.hooks.display = collector.display
        code = header["code"]
        try:
            web.set_variables(header["web"])
        except OSError as error:
            self._say_error(error)
            self._done()
            return
        self._offer(header["tables"], code)
        before = self._namespace.get("result", kernel.MISSING)
        _forget_ended_workers()
        outcome = kernel.run(header["language"], code, header["attempt"])
        if os.getpid() != self._pid:  # the code forked and its copy came here too: only the first one reports
            _flush()
            os._exit(0)
        value = self._answer(code, before, outcome) if header["language"] == "python" else outcome.value
        try:
            self._report(value, outcome.error, collector, header["output"])
        except MemoryError as error:
            self._say_error(error)
        self._done()

    def _offer(self, given: list[dict[str, Any]], code: str) -> None:
        """Put the tables and their tools into the namespace as they came; what else the code set stays.

        Code that is mended, or another part of the question, would otherwise go on with tables that the code
        before it has changed: a column multiplied twice, rows filtered away.
        """
        paths = {table["name"]: Source.of(table, IN_DIR) for table in given}
        names = self._namespace
        names["tables"] = Tables(paths)
        names["sql"] = kernel.hooks.sql = Sql(paths, cpu_count(), memory_limit_bytes())
        names["chart"], names["forecast"] = plotting.chart, plotting.forecast
        names.pop("df", None)
        if paths and re.search(r"\bdf\b", code):
            names["df"] = Tables.__getitem__(names["tables"], next(iter(paths)))
        if "plt" not in names and re.search(r"\bplt\b", code):
            import matplotlib.pyplot as pyplot

            names["plt"] = pyplot

    def _answer(self, code: str, before: Any, outcome: kernel.Outcome) -> Any:
        """`result` if this run set it, else the last expression."""
        now = self._namespace.get("result", kernel.MISSING)
        if now is not kernel.MISSING and (now is not before or _assigns_result(code)):
            return now
        return outcome.value

    def _report(
        self,
        value: Any,
        error: BaseException | None,
        collector: figures.FigureCollector,
        output: dict[str, Any],
    ) -> None:
        result: dict[str, Any] | None = None
        whole: bytes | None = None
        if error is None:
            try:
                result, whole = self._typed(value, collector, output)
            except Exception as failure:
                error, self._spoiled = failure, True
        try:
            collector.capture_open()
        except Exception as failure:
            error, self._spoiled = error or failure, True
        for figure in collector.figures:
            self._send_file("figure", figure.name, figure.mime, figure.content)
        for name, reason in collector.dropped:
            self._say({"type": "dropped", "name": name, "reason": reason})
        if error is not None:
            self._say_error(error)
            return
        if (result is None or result == {"type": "scalar", "value": None}) and collector.last():
            result = {"type": "chart", "name": collector.last()}
        if whole is not None:
            self._send_file("result", "result.csv", "text/csv", whole)
        if result is not None:
            self._say({"type": "result", "result": result})

    def _typed(
        self, value: Any, collector: figures.FigureCollector, output: dict[str, Any]
    ) -> tuple[dict[str, Any] | None, bytes | None]:
        if value is kernel.MISSING:
            return None, None
        chart = collector.of_value(value)
        if chart is not None:
            return {"type": "chart", "name": chart}, None
        typed = results.to_typed(value, min(output["result_bytes"], results.BYTES_LIMIT))
        if typed.whole is None:
            return typed.result, None
        content = results.csv_bytes(typed.whole, output["artifact_bytes"])
        if content is None:
            reason = f"longer than artifact_bytes ({output['artifact_bytes']})"
            self._say({"type": "dropped", "name": "result.csv", "reason": reason})
        return typed.result, content

    def _load(self, header: dict[str, Any]) -> None:
        from .load import load_files

        _fresh_streams()
        try:
            directory, rounds = Path(header["directory"]), itertools.count(1)
            feeds = {
                file["file_id"]: FedBlocks(self._say, self._hear, directory, file["file_id"], rounds)
                for file in header["files"]
                if file.get("fed")
            }
            for profile in load_files(header["files"], header["taken"], directory, feeds):
                self._say({"type": "profile", **profile})
        except MemoryError as error:
            self._say_error(error)
        self._done()

    def _say_error(self, error: BaseException) -> None:
        self._say(
            {
                "type": "error",
                "name": tracebacks.name_of(error),
                "message": tracebacks.message_of(error),
                "traceback": tracebacks.format_error(error),
            }
        )

    def _send_file(self, role: str, name: str, mime: str, content: bytes) -> None:
        header = {"type": "file", "role": role, "name": name, "mime": mime, "size": len(content)}
        for start in range(0, max(len(content), 1), MAX_BLOB_BYTES):
            chunk = content[start : start + MAX_BLOB_BYTES]
            last = start + MAX_BLOB_BYTES >= len(content)
            self._say(header | {"last": last}, chunk)

    def _done(self) -> None:
        _flush()
        self._say({"type": "done"})

    def _hear(self) -> dict[str, Any]:
        """The runner's next message of a load under way."""
        while (frame := self._reader.next()) is None:
            data = self._channel.recv(_READ_BYTES)
            if not data:
                os._exit(0)  # the runner is gone
            self._reader.feed(data)
        return frame[0]

    def _say(self, header: dict[str, Any], blob: bytes = b"") -> None:
        self._channel.sendall(self._writer.encode(header, blob))


def main(channel: socket.socket) -> NoReturn:
    """Be the code's process on `channel`; never returns."""
    try:
        os.chdir(OUT_DIR)
        Child(channel).serve()
        os._exit(0)
    except BaseException as error:
        os.write(2, f"the code's process ended: {type(error).__name__}: {error}\n".encode())
    finally:  # also where the code broke what even these words need: no traceback of ours is its output
        os._exit(1)


def _assigns_result(code: str) -> bool:
    """Whether the text assigns `result` outside functions and classes."""
    try:
        todo: list[ast.AST] = [ast.parse(code)]
    except (SyntaxError, ValueError, RecursionError):
        return False
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and node.id == "result" and isinstance(node.ctx, ast.Store):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo += ast.iter_child_nodes(node)
    return False


def _forget_ended_workers() -> None:
    """Have joblib make new worker processes: those that it kept for its next call ended with the last run."""
    loky = sys.modules.get("joblib.externals.loky.reusable_executor")
    if loky is not None:
        loky._executor = None  # type: ignore[attr-defined]


def _fresh_streams() -> None:
    """Python's streams on 1 and 2, by line: what was printed before a kill is not lost in a buffer."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        current = getattr(sys, name)
        if isinstance(current, io.TextIOWrapper) and not current.closed and current.line_buffering:
            continue
        stream = io.open(  # noqa: UP020, SIM115
            descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    if sys.stdin is None or sys.stdin.closed:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115, PTH123


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()  # type: ignore[union-attr]
        except Exception:  # noqa: S112 - the code may have put anything there
            continue
    ctypes.CDLL(None).fflush(None)
