"""What does a coverage-guided fuzzer try? One function for each target, which makes an input of its bytes.

A documented error is a good ending; anything else that is raised is a find.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from policies.model import load_policy
from sandbox_image import asked
from sandbox_image.artifacts import Budget, safe_name
from sandbox_image.feed import Feed
from sandbox_image.frames import FROM_SANDBOX, FrameError, FrameWriter
from sandbox_image.listeners import LoadListener, RunListener
from tests.fuzz.engine_harnesses import ENGINE_TARGETS
from tests.fuzz.headers import FIELDS
from tests.fuzz.million import by_sandbox, by_worker
from tests.fuzz.streams import cut_at, sealed
from tests.fuzz.values import NUMBERS, PROFILE, RESULTS, RUN, TEXTS
from tests.fuzz.web_harnesses import WEB_TARGETS
from worker.analysis.grounding import ungrounded_numbers
from worker.analysis.wording import template_words
from worker.sandbox import frames as worker
from worker.sandbox.collect import Collected, TooMuchError
from worker.sandbox.results import BadResultError, check_result

KEY = bytes(range(32))
POLICY = load_policy("default")
_SPOOL = Path(tempfile.gettempdir()) / f"sandglass-fuzz-{os.getpid()}"
_NAMES = ("f", "figure-1.png", "sales.parquet", "sales.p0.parquet", "table", "figure", "part")
Provider = Any
"""`atheris.FuzzedDataProvider`, which has no types."""


class PlantedError(Exception):
    """The bug that the self-test has to find."""


def decoders(fdp: Provider) -> list[tuple[dict[str, Any], bytes]]:
    """Frames and parts of frames, cut anywhere: both decoders say the same."""
    parts, sequence = [], 0
    while fdp.remaining_bytes() and len(parts) < 12:
        draw = fdp.ConsumeIntInRange(0, 9)
        if draw < 7:
            header = fdp.ConsumeBytes(60) if draw == 0 else _written(_header(fdp))
            number = sequence if draw else fdp.ConsumeIntInRange(0, 5)
            frame = sealed(KEY, b"S", number, header, fdp.ConsumeBytes(fdp.ConsumeIntInRange(0, 20)))
            sequence += number == sequence
            if draw == 1:
                at = fdp.ConsumeIntInRange(0, len(frame) - 1)
                frame = frame[:at] + fdp.ConsumeBytes(2) + frame[at + 2 :]
            parts.append(frame)
        else:
            parts.append(fdp.ConsumeBytes(fdp.ConsumeIntInRange(0, 40)))
    data = b"".join(parts)
    chunks = cut_at(data, [fdp.ConsumeIntInRange(0, len(data)) for _ in range(3)])
    taken, broken = by_worker(chunks, KEY, b"S")
    assert (taken, broken) == by_sandbox(chunks, KEY, b"S")
    return taken


def collected(fdp: Provider) -> None:
    """Genuine frames that say anything, into what the worker makes of an attempt."""
    load = fdp.ConsumeBool()
    asked_for = frozenset({"f"} if load else ())
    fed = asked_for if fdp.ConsumeBool() else frozenset[str]()
    seen = Collected(POLICY, _SPOOL, 1, 1 << 20, asked_for, fed)
    try:
        for _ in range(8):
            header = _mangled(fdp, _header(fdp))
            if isinstance(header, dict) and isinstance(header.get("type"), str):
                seen.take(
                    worker.Frame(header | {"attempt": 1}, fdp.ConsumeBytes(fdp.ConsumeIntInRange(0, 5000)))
                )
    except (worker.FrameError, TooMuchError):
        pass
    finally:
        seen.close()
        shutil.rmtree(_SPOOL, ignore_errors=True)
    json.dumps([seen.profiles, seen.error, seen.result], ensure_ascii=False, allow_nan=False).encode()


def results(fdp: Provider) -> None:
    """A typed result with wrong parts, and all that is made of one that is taken."""
    try:
        checked = check_result(_mangled(fdp, fdp.PickValueInList(list(RESULTS))), 1 << 20)
    except BadResultError:
        return
    json.dumps(checked, ensure_ascii=False, allow_nan=False).encode()
    template_words(checked, "")
    ungrounded_numbers("5 of 10", checked, "5")


def runner(fdp: Provider) -> None:
    """What the worker asks of the runner, and what the code's process says to it."""
    request = _mangled(fdp, RUN)
    if isinstance(request, dict):
        for read in (asked.output_limits, asked.attempt_number, asked.wall_seconds, asked.code, asked.tables):
            _refusable(read, request)
        for read in (asked.files, asked.taken_names, asked.web):
            _refusable(read, request)
    wire = _Wire()
    run = RunListener(wire, 1, RUN["output"], Budget(2, 100))  # type: ignore[arg-type]
    file = {"file_id": "f", "path": "p", "fed": fdp.ConsumeBool()}
    _SPOOL.mkdir(exist_ok=True)
    feed = Feed(wire, 1, _SPOOL, {"f"}, wire.send) if file["fed"] else None  # type: ignore[arg-type]
    load = LoadListener(wire, 1, [file], _SPOOL, feed)  # type: ignore[arg-type]
    listener: Any = fdp.PickValueInList([run, load])
    try:
        for _ in range(6):
            header = _mangled(fdp, _header(fdp))
            if isinstance(header, dict) and isinstance(header.get("type"), str):
                if feed is not None and fdp.ConsumeBool():
                    feed.take(header, fdp.ConsumeBytes(3))
                listener.hear(header, fdp.ConsumeBytes(3))
    except (FrameError, OSError):
        return
    finally:
        if feed is not None:
            feed.close()
        shutil.rmtree(_SPOOL, ignore_errors=True)
    safe_name(_text(fdp))


def planted(fdp: Provider) -> None:
    """The decoders, and behind them a bug."""
    for header, blob in decoders(fdp):
        if header["type"] == "net_end" and "reset" in header and blob[:1] > b"\x80":
            raise PlantedError


TARGETS: dict[str, Callable[[Provider], object]] = {
    **{function.__name__: function for function in (decoders, collected, results, runner)},
    **WEB_TARGETS,
    **ENGINE_TARGETS,
}


class _Wire:
    def __init__(self) -> None:
        self._writer = FrameWriter(FROM_SANDBOX)

    def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        self._writer.encode(header, blob)


def _refusable(read: Callable[[dict[str, Any]], object], request: dict[str, Any]) -> None:
    try:
        read(request)
    except FrameError:
        return


def _written(header: Any) -> bytes:
    return json.dumps(header, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _header(fdp: Provider) -> dict[str, Any]:
    kind = fdp.PickValueInList(list(FIELDS))
    said = {name: _value(fdp, 3) for name in FIELDS[kind] if fdp.ConsumeBool()}
    if kind == "result" and fdp.ConsumeBool():
        said["result"] = fdp.PickValueInList(list(RESULTS))
    if kind == "profile" and fdp.ConsumeBool():
        said |= {"file_id": "f", "tables": [PROFILE], "error": None}
    return {"type": kind, **said}


def _mangled(fdp: Provider, good: Any) -> Any:
    """`good` with any of its parts replaced or left out, as the bytes say."""
    draw = fdp.ConsumeIntInRange(0, 15)
    if draw == 0:
        return _value(fdp, 4)
    if isinstance(good, dict):
        return {
            key: _mangled(fdp, part) for key, part in good.items() if fdp.ConsumeIntInRange(0, 15) or draw > 1
        }
    if isinstance(good, list):
        return [_mangled(fdp, part) for part in good] * (2 if draw == 1 else 1)
    return good


def _value(fdp: Provider, depth: int) -> Any:
    draw = fdp.ConsumeIntInRange(0, 7 if depth else 5)
    if draw < 2:
        return fdp.PickValueInList(list(NUMBERS if draw else TEXTS))
    if draw == 2:
        return _text(fdp)
    if draw == 3:
        return fdp.ConsumeInt(8)
    if draw == 4:
        return fdp.ConsumeRegularFloat()
    if draw == 5:
        return fdp.PickValueInList([*_NAMES, True, 0, 1, 3])
    parts = [_value(fdp, depth - 1) for _ in range(fdp.ConsumeIntInRange(0, 3))]
    return parts if draw == 6 else {_text(fdp): part for part in parts}


def _text(fdp: Provider) -> str:
    return str(fdp.ConsumeUnicode(fdp.ConsumeIntInRange(0, 12)))
