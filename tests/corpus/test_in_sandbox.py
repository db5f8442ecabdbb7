"""Some nasty files through a real sandbox: what the image has reads them as the loaders on the host do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pandas as pd

from policies.model import load_policy
from tests.corpus.case import Case, check_table
from tests.corpus.registry import CASES
from tests.engine_services import IMAGE
from worker.engines.connect import connect
from worker.runtime import owner_mark
from worker.sandbox.run import FileToLoad, Loaded
from worker.sandbox.standby import Maker

CHOSEN = (
    "shift-jis-five-lines",
    "gb18030",
    "utf8-with-lone-bad-bytes",
    "german-bank-with-facts-above",
    "japanese-statistics",
    "list-of-sap-in-frames",
    "german-words",
    "subtotals-and-grand-total",
    "several-tables-in-a-zip",
    "json-in-gzip",
    "gzip-bomb",
    "zip-with-a-password",
)


def test_some_of_all_kinds_are_read_so_in_a_sandbox(engine_urls: dict[str, str], tmp_path: Path) -> None:
    cases = [next(case for case in CASES if case.id == wanted) for wanted in CHOSEN]
    with asyncio.Runner() as runner:
        loaded = runner.run(_load(engine_urls["podman"], cases, tmp_path))
        assert loaded.verdict.outcome == "ok", loaded.verdict.message
        parquet = {one.name: Path(one.path) for one in loaded.tables}
        for case, frame in zip(cases, loaded.profiles, strict=True):
            if case.refused is not None:
                assert frame["error"]["code"] == case.refused[0], case.id
                continue
            assert frame["error"] is None, (case.id, frame["error"])
            for truth, profile in zip(case.tables, frame["tables"], strict=True):
                check_table(truth, profile, pd.read_parquet(parquet[f"{profile['name']}.parquet"]))


async def _load(url: str, cases: list[Case], spool: Path) -> Loaded:
    engine = await connect(url)
    try:
        maker = Maker(
            engine, IMAGE, f"corpus-{uuid4().hex[:8]}", owner_mark("corpus", os.getpid()), spool, 60
        )
        sandbox = await maker.make(load_policy("default"), "test")
        try:
            for number, case in enumerate(cases):
                await sandbox.put(f"upload-{number}", _once(case.bytes()))
            files = [
                FileToLoad(str(number), case.file, case.file.rsplit(".", 1)[1], f"upload-{number}")
                for number, case in enumerate(cases)
            ]
            return await sandbox.load(files, [])
        finally:
            await sandbox.destroy()
    finally:
        await engine.close()


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
