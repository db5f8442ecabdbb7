"""How is the gateway set up: which environment variables, which defaults, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from policies.model import PolicyError, load_policy, policy_names
from store.blob_settings import BlobSettings
from store.keys import is_strong_key
from store.secret_files import SecretFileError


class StartRefusedError(RuntimeError):
    """The gateway will not start like this; the message says what to change."""


def _default_store() -> str:
    return f"sqlite://{quote(str(Path.cwd() / '.sandglass' / 'sandglass.db'))}"


class Settings(BlobSettings):
    """Read from `SANDGLASS_<NAME>` or its secret file; others with this prefix belong to other parts."""

    model_config = SettingsConfigDict(
        env_prefix="SANDGLASS_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    store: str = Field(default_factory=_default_store)
    """`sqlite:///PATH` or `mongodb://...`: the worker must be given the same."""
    redis_url: str = "redis://127.0.0.1:6379/0"
    host: str = "127.0.0.1"
    """Where `python -m gateway` listens. Put TLS in front of anything but loopback."""
    port: int = Field(8000, ge=1, le=65535)
    max_upload_bytes: int = Field(1 << 30, ge=1)
    """All files of one request together, counted as they stream in."""
    max_files: int = Field(20, ge=1, le=1000)
    """Files in one request."""
    upload_seconds: int = Field(900, ge=1, le=86_400)
    """How long after a grant its `PUT` may begin."""
    max_queued_per_tenant: int = Field(100, ge=1)
    """Jobs of one tenant that are queued or running."""
    event_poll_seconds: float = Field(0.5, gt=0, le=10)
    """How often a waiting `GET /status` reads the store while Redis brings no events."""
    first_key: SecretStr | None = None
    """Put into the store at start, for the tenant `local`, unless it has ever been there."""
    start_seconds: float = Field(0, ge=0, le=3600)
    """How long to wait at start for a store and a Redis that do not answer yet."""
    metrics: Literal["on", "off"] = "on"
    """Serve `/metrics`, which has numbers only, to anyone who reaches the port."""
    docs: bool = False
    """Serve `/docs`. Off by default: that page loads its scripts from a public CDN."""

    @field_validator("first_key")
    @classmethod
    def _strong(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not is_strong_key(key.get_secret_value()):
            raise ValueError(
                "must be sg_ and then 43 to 200 of A-Z a-z 0-9 _ -, e.g. sg_$(openssl rand -hex 32)"
            )
        return key

    @model_validator(mode="after")
    def _known_schemes(self) -> Self:
        _require_scheme("SANDGLASS_STORE", self.store, ("sqlite", "mongodb", "mongodb+srv"))
        _require_scheme("SANDGLASS_REDIS_URL", self.redis_url, ("redis", "rediss", "unix"))
        return self


def load_settings() -> Settings:
    """The settings from the environment.

    Raises:
        StartRefusedError: A variable or a secret file, named without its value, or a policy file is not what
            it must be.
    """
    try:
        for name in policy_names():
            load_policy(name)
        return Settings()
    except (PolicyError, SecretFileError) as error:
        raise StartRefusedError(f"the gateway does not start: {error}") from None
    except ValidationError as error:
        reasons = "; ".join(_explain(item["loc"], item["msg"]) for item in error.errors())
        raise StartRefusedError(f"the gateway does not start: {reasons}") from None


def _require_scheme(variable: str, url: str, known: tuple[str, ...]) -> None:
    if urlsplit(url).scheme not in known:
        raise ValueError(f"{variable} must be one of {', '.join(f'{name}://' for name in known)}")


def _explain(loc: tuple[int | str, ...], message: str) -> str:
    name = f"SANDGLASS_{str(loc[0]).upper()}: " if loc else ""
    return name + message.removeprefix("Value error, ")
