"""The worker believes no runner either: its own budgets, names and disk, over the dummy engine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from policies.model import load_policy
from worker.analysis.contract import RunResult
from worker.engines.dummy import DummyEngine
from worker.left_out import left_out
from worker.sandbox.collect import safe_name
from worker.sandbox.frames import Frame
from worker.sandbox.run import FileToLoad
from worker.sandbox.standby import Maker

DEFAULT = load_policy("default")
END: dict[str, Any] = {"type": "end", "status": "ok"}
FILE: dict[str, Any] = {"type": "file", "role": "file", "name": "a", "mime": "text/plain", "last": True}
TEXT: dict[str, Any] = {"type": "result", "result": {"type": "text", "value": "x"}}
TABLE: dict[str, Any] = {"name": "t", "file": "f.csv", "rows": 0, "columns": [], "sample": []}
PROFILE: dict[str, Any] = {
    "type": "profile",
    "file_id": "f",
    "tables": [{**TABLE, "read_as": {}, "coercions": []}],
}
Reply = tuple[dict[str, Any], bytes]


def maker_of(replies: Iterable[Reply], tmp_path: Path) -> Maker:
    def answer(frame: Frame) -> Iterable[Frame]:
        if frame.type in ("run", "load"):
            for header, blob in replies:
                yield Frame({"attempt": frame.header["attempt"], **header}, blob)

    return Maker(DummyEngine(answer), "image", "stack", "owner", tmp_path / "spool", 60)


async def ran(replies: Iterable[Reply], tmp_path: Path) -> RunResult:
    sandbox = await maker_of(replies, tmp_path).make(DEFAULT, "t")
    run = await sandbox.run("code", "python", 1)
    await sandbox.destroy()
    return run


@pytest.mark.parametrize(
    ("replies", "outcome", "words"),
    [
        ([({"type": "stdout"}, b"")], "runner_lost", "output frame without output"),
        ([({"type": "stdout"}, bytes(65_537))], "output_limit", "65,536 bytes"),
        ([({"type": "stderr", "tail": True}, bytes(65_537))], "output_limit", "More stderr came"),
        ([(TEXT, b""), (TEXT, b"")], "runner_lost", "second result"),
        (
            [({"type": "result", "result": {"type": "evil"}}, b""), (TEXT, b"")],
            "runner_lost",
            "second result",
        ),
        ([({"type": "error", "name": "E"}, b"")] * 2, "runner_lost", "second error"),
        ([({**FILE, "last": False}, b"x")], "runner_lost", "chunks that are too small"),
        ([({**FILE, "last": False}, b"")], "runner_lost", "chunks that are too small"),
        ([(FILE, b"x")] * 22, "output_limit", "More files came than policy 'default' lets out (20)"),
        ([({**FILE, "last": False}, bytes(1 << 20))] * 21, "output_limit", "(20,971,520)"),
        ([({**END, "status": "fine"}, b"")], "runner_lost", "wrong status"),
        ([({**END, "oom_kills": "1"}, b"")], "runner_lost", "wrong oom_kills"),
        ([({**END, "status": "error", "oom_kills": 1}, b"")], "oom", "1024 MiB"),
        ([({**END, "status": "error", "disk_full": ["/work"]}, b"")], "disk_limit", "256 MiB"),
        (
            [({"type": "error", "name": "MemoryError"}, b""), ({**END, "status": "error"}, b"")],
            "code_error",
            "",
        ),
    ],
)
async def test_each_budget_and_each_frame_is_held(
    tmp_path: Path, replies: list[Reply], outcome: str, words: str
) -> None:
    run = await ran(replies, tmp_path)
    assert run.outcome == outcome, run.message
    assert words in run.message
    assert run.result is None


async def test_a_million_tiny_frames_end_at_once(tmp_path: Path) -> None:
    given = 0

    def flood() -> Iterable[Reply]:
        nonlocal given
        for given in range(70_000):  # noqa: B007 - read after the loop
            yield {"type": "stdout"}, b"x"
        yield END, b""

    run = await ran(flood(), tmp_path)
    assert run.outcome == "output_limit"
    assert run.stdout.bytes == 65_537


@pytest.mark.parametrize("claimed", [0, 3, 10_000])
async def test_true_byte_counts_are_never_below_what_came(tmp_path: Path, claimed: int) -> None:
    run = await ran([({"type": "stdout"}, b"abcdef"), ({**END, "stdout_bytes": claimed}, b"")], tmp_path)
    assert (run.stdout.bytes, run.stdout.truncated) == (max(claimed, 6), claimed > 6)


def fill_disk(spool: Path) -> None:
    """Let the first file of a spool lie where the kernel says that the disk is full."""
    spool.mkdir(parents=True)
    (spool / "1-0").symlink_to("/dev/full")
    (spool / "0-0").symlink_to("/dev/full")


def kept(spool: Path, run: RunResult) -> dict[str, bytes]:
    """What is left in the spool, by the names that the run's files have."""
    names = {one.path: one.name for one in run.produced}
    return {names.get(str(path), path.name): path.read_bytes() for path in spool.glob("1-*")}


async def test_a_full_disk_costs_the_file_and_not_the_answer(tmp_path: Path) -> None:
    big = [
        ({**FILE, "name": "big.bin", "last": False}, bytes(1 << 20)),
        ({**FILE, "name": "big.bin"}, b"end"),
    ]
    replies: list[Reply] = [*big, ({**FILE, "name": "small.txt"}, b"kept"), (TEXT, b""), (END, b"")]
    sandbox = await maker_of(replies, tmp_path).make(DEFAULT, "t")
    fill_disk(sandbox.spool)
    run = await sandbox.run("code", "python", 1)
    assert (run.outcome, run.result) == ("ok", TEXT["result"])
    assert kept(sandbox.spool, run) == {"small.txt": b"kept"}
    assert left_out(run) == [
        "left out: big.bin (the disk of this stack is full; have room made, run it again)"
    ]
    await sandbox.destroy()


async def test_a_table_that_finds_no_room_is_an_error_not_a_loss(tmp_path: Path) -> None:
    table = {**FILE, "role": "table", "name": "t.parquet"}
    sandbox = await maker_of([(PROFILE, b""), (table, b"PAR1"), (END, b"")], tmp_path).make(DEFAULT, "t")
    fill_disk(sandbox.spool)
    with pytest.raises(OSError, match="No space left"):
        await sandbox.load([FileToLoad("f", "f.csv", "csv", "put")], [])
    await sandbox.destroy()


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("Com1.csv", "_Com1.csv"),
        ("LPT9", "_LPT9"),
        ("console.csv", "console.csv"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.exe", "x.exe"),
        ("/abs/olute.csv", "olute.csv"),
        ("a\nb\r\n.csv", "a_b_.csv"),
        ("\u202egpj.exe", "gpj.exe"),
        ("..", "file"),
        ("name. . .", "name"),
        ("q\"uo;te's<b>.csv", "q_uo_te_s_b_.csv"),
        ("\ud800.csv", "_.csv"),
        ("", "file"),
    ],
)
def test_names_are_made_safe_again(given: str, safe: str) -> None:
    assert safe_name(given) == safe


@pytest.mark.parametrize("name", ["x" * 5000, "ж" * 300, "\U0001f600" * 300, "con" * 100])
def test_a_name_fits_any_file_system(name: str) -> None:
    assert 0 < len(safe_name(name).encode()) <= 201


def test_notes_count_what_they_do_not_name() -> None:
    rows = [{"name": f"f{at}", "reason": f"reason {at}"} for at in range(100)]
    lines = left_out(RunResult("ok", facts={"dropped": rows, "dropped_count": 99_980}))
    assert lines[0] == "left out: f0 (reason 0)"
    assert len(lines) == 11
    assert lines[-1] == "left out: 99,970 more files"
