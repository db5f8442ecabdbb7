"""Fixtures: one sandbox container for the tests of a module, and an own one for those that break it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.sandbox_image.sandbox_process import SandboxProcess, missing


def _need_image() -> None:
    reason = missing()
    if reason is None:
        return
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[SandboxProcess]:
    _need_image()
    sandbox = SandboxProcess()
    yield sandbox
    sandbox.close()


@pytest.fixture
def own_sandbox() -> Iterator[SandboxProcess]:
    _need_image()
    sandbox = SandboxProcess()
    yield sandbox
    sandbox.close()
