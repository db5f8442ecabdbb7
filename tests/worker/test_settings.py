"""Unsafe or impossible settings refuse to start, and say what to change."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from policies.model import load_policy
from worker.models.settings import ModelSettings
from worker.settings import Settings, UnsafeSettingsError, check_ladder
from worker.start import all_policies

DEFAULT = load_policy("default")


def test_the_defaults_stand_on_the_ladder() -> None:
    check_ladder(Settings(), ModelSettings(), all_policies())


@pytest.mark.parametrize(
    "wrong",
    [
        {"job_seconds": 1000, "hard_seconds": 900},
        {"hard_seconds": 8000},
        {"lease_seconds": 3000, "visibility_seconds": 2000},
    ],
)
def test_clocks_the_wrong_way_round_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="must hold"):
        Settings(**wrong)  # type: ignore[arg-type]


def test_a_model_faster_than_its_code_is_refused_by_name() -> None:
    with pytest.raises(UnsafeSettingsError, match="SANDGLASS_MODEL_TIMEOUT_SECONDS"):
        check_ladder(Settings(), ModelSettings(model_timeout_seconds=20), [DEFAULT])


def test_a_job_shorter_than_its_steps_is_refused_by_name() -> None:
    with pytest.raises(UnsafeSettingsError, match="SANDGLASS_JOB_SECONDS"):
        check_ladder(Settings(job_seconds=100), ModelSettings(), [DEFAULT])


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("SANDGLASS_MODEL", "gpt-9", "gpt-9"),
        ("SANDGLASS_JOB_SECONDS", "60", "SANDGLASS_JOB_SECONDS"),
        ("SANDGLASS_CONCURRENCY", "lots", "SANDGLASS_CONCURRENCY: Input should be a valid integer"),
        ("SANDGLASS_MODEL_RETRIES", "-1", "SANDGLASS_MODEL_RETRIES: Input should be greater"),
        ("OPENAI_BASE_URL", "ftp://x", "SANDGLASS_OPENAI_URL: not an http(s) address"),
    ],
)
def test_the_worker_process_ends_with_one_clear_line(variable: str, value: str, words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "worker"],
        env={"PATH": "/usr/bin:/bin", variable: value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("the worker does not start:")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_worker_started_by_celery_itself_refuses_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "worker.app", "worker"],
        env={"PATH": "/usr/bin:/bin", "SANDGLASS_MODEL": "gpt-9"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "the worker does not start: no model is named 'gpt-9'" in done.stderr
