"""How is this worker set up? Environment variables `SANDGLASS_*`, checked at start."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict

from policies.model import Policy
from policies.seccomp import PROFILE_PATH
from store.blob_settings import BlobSettings
from store.secret_files import SecretFileError
from worker.models.settings import ModelSettings


class UnsafeSettingsError(RuntimeError):
    """The worker must not start like this; the message says what to change."""


class Settings(BlobSettings):
    """Where the worker finds the other parts, and how long it may take."""

    model_config = SettingsConfigDict(
        env_prefix="SANDGLASS_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    store: str = Field(default_factory=lambda: f"sqlite:///{Path.cwd() / '.sandglass' / 'sandglass.db'}")
    redis_url: str = "redis://127.0.0.1:6379/0"
    engine_url: str = "unix:///var/run/docker.sock"
    seccomp_path: Path = PROFILE_PATH
    """Of `policies/seccomp.json` on the engine's host: Podman reads it there, Docker is given its text."""
    gvisor_engine_url: str = ""
    """A second engine, whose containers run on gVisor, for policies with `runtime = "runsc"`; empty: none."""
    image: str = "sandglass-sandbox:dev"
    stack: str = "default"
    """Labels this stack's containers; two stacks on one engine need two names."""
    worker_name: str = Field(default_factory=socket.gethostname)
    concurrency: int = Field(default_factory=lambda: min(os.cpu_count() or 2, 4), ge=1, le=64)
    """Jobs at once; each of its processes keeps its own standby sandboxes."""
    standby: int = Field(1, ge=0, le=16)
    """Warm sandboxes in each process."""
    spool: Path = Field(default_factory=lambda: Path(tempfile.gettempdir()) / "sandglass-spool")
    """Where figures and files wait on their way from a sandbox to the blob store."""
    metrics_port: int = Field(0, ge=0, le=65535)
    """Where the main process serves `/metrics`; 0: nowhere, and nothing is counted."""
    metrics_host: str = "127.0.0.1"
    task_events: bool = False
    """Say over Redis which task runs where, for Flower."""
    start_seconds: float = Field(0, ge=0, le=3600)
    """How long to wait at start for a store and a Redis that do not answer yet."""
    lease_seconds: float = Field(45, ge=3, le=3600)
    job_seconds: float = Field(900, gt=0, le=86_400)
    """From claim to end, all attempts, model calls and waiting for tables included."""
    hard_seconds: float = Field(960, gt=0, le=90_000)
    """After this Celery kills the process."""
    visibility_seconds: int = Field(7200, gt=0)
    """After this Redis hands an unacknowledged job to another worker."""
    queued_seconds: float = Field(3600, gt=0)
    """A job that nobody has claimed for this long has expired."""
    approval_seconds: float = Field(86_400, gt=0)
    """A job whose code nobody approved or rejected for this long has expired."""
    max_deliveries: int = Field(3, ge=1, le=20)
    sweep_seconds: float = Field(10, gt=0, le=600)

    @model_validator(mode="after")
    def _ladder(self) -> Self:
        if not self.job_seconds < self.hard_seconds < self.visibility_seconds:
            raise ValueError("must hold: job_seconds < hard_seconds < visibility_seconds")
        if not self.lease_seconds < self.visibility_seconds:
            raise ValueError("must hold: lease_seconds < visibility_seconds")
        return self


def load_settings() -> Settings:
    """The settings from the environment.

    Raises:
        UnsafeSettingsError: A variable or a secret file is not what it must be.
    """
    try:
        return Settings()
    except SecretFileError as error:
        raise UnsafeSettingsError(str(error)) from None
    except ValidationError as error:
        raise UnsafeSettingsError(what_is_wrong(error)) from None


def what_is_wrong(error: ValidationError) -> str:
    """Each variable that is refused, by its name and without its value, which may be a secret."""
    return "; ".join(_explain(item["loc"], item["msg"]) for item in error.errors())


def _explain(loc: tuple[int | str, ...], message: str) -> str:
    # Fields that two variables can set carry the name of the first.
    name = f"SANDGLASS_{str(loc[0]).upper().removeprefix('SANDGLASS_')}: " if loc else ""
    return name + message.removeprefix("Value error, ")


def check_ladder(settings: Settings, models: ModelSettings, policies: list[Policy]) -> None:
    """Assert code < run < model < job: each clock must end before the one that waits for it.

    Raises:
        UnsafeSettingsError: Two of them are the wrong way round; both are named.
    """
    for policy in policies:
        run_seconds = policy.limits.code_wall_seconds + policy.limits.grace_seconds
        if not run_seconds < models.model_timeout_seconds:
            raise UnsafeSettingsError(
                f"policy {policy.name!r}: a run may take {run_seconds:g} s, which must be less than "
                f"SANDGLASS_MODEL_TIMEOUT_SECONDS ({models.model_timeout_seconds:g})"
            )
        longest = max(
            models.model_timeout_seconds, policy.limits.load_wall_seconds + policy.limits.grace_seconds
        )
        if not longest < settings.job_seconds:
            raise UnsafeSettingsError(
                f"policy {policy.name!r}: a step may take {longest:g} s, which must be less than "
                f"SANDGLASS_JOB_SECONDS ({settings.job_seconds:g})"
            )
