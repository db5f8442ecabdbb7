"""Every nasty file becomes what is written beside it: names, types, all cells, what is reported."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sandbox_image.loaders import BadFileError, LoadLimits, load_file
from tests.corpus.case import Case, check_table
from tests.corpus.registry import CASES, MODULES, repeated_ids

LIMITS = LoadLimits(memory_bytes=1 << 30, threads=2)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_nasty_file_is_read_as_its_truth_says(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(case.bytes())
    out = tmp_path / "out"
    out.mkdir()
    file_format = case.file.rsplit(".", 1)[1].lower()
    if case.refused is not None:
        with pytest.raises(BadFileError) as caught:
            load_file(path, case.file, file_format, out, set(), LIMITS, case.asked)
        assert caught.value.code == case.refused[0]
        assert case.refused[1] in caught.value.message
        assert list(out.iterdir()) == []
        return
    profiles = load_file(path, case.file, file_format, out, set(), LIMITS, case.asked)
    assert len(profiles) == len(case.tables), [profile["name"] for profile in profiles]
    for truth, profile in zip(case.tables, profiles, strict=True):
        check_table(truth, profile, pd.read_parquet(out / f"{profile['name']}.parquet"))


def test_no_two_cases_share_an_id_and_no_module_is_forgotten() -> None:
    assert repeated_ids() == []
    folder = Path(__file__).parent
    written = {path.stem for path in folder.glob("*.py") if "CASES: list[Case] = [\n" in path.read_text()}
    written.discard("registry")
    named = {module.__name__.rsplit(".", 1)[1] for module in MODULES}
    assert written == named
