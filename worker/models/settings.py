"""Which model answers, where it is, and how long and how much it may talk?"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from store.secret_files import SettingsWithSecrets


class ModelSettings(SettingsWithSecrets):
    """Read from `SANDGLASS_<NAME>` or its secret file; the key only from `OPENAI_API_KEY`, or its file."""

    model_config = SettingsConfigDict(
        env_prefix="SANDGLASS_", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    model: str = "builtin"
    """What answers when a request names no model."""
    models_allowed: Annotated[tuple[str, ...], NoDecode] = ()
    """What else a request may name: comma-separated patterns, e.g. `ollama:*,openai:gpt-4o-mini`."""
    model_timeout_seconds: float = Field(120, gt=0, le=3600)
    """One call of the model, retries included."""
    model_retries: int = Field(2, ge=0, le=10)
    max_output_tokens: int = Field(4096, ge=64, le=65536)
    """One reply."""
    max_total_tokens: int = Field(200_000, ge=1000)
    """All calls of one job together, in and out."""
    ollama_url: str = Field(
        "http://127.0.0.1:11434", validation_alias=AliasChoices("SANDGLASS_OLLAMA_URL", "OLLAMA_HOST")
    )
    ollama_context_tokens: int = Field(8192, ge=2048, le=1 << 20)
    """Ollama's own default (2048 or 4096) silently drops the start of a longer prompt."""
    openai_context_tokens: int = Field(32_768, ge=2048, le=4 << 20)
    """What an OpenAI-compatible model takes in and gives out together: prompts are kept below it."""
    schema_tokens: int = Field(4000, ge=400, le=200_000)
    """What the tables may take of a prompt; less where the model's context has no room for so much."""
    openai_url: str | None = Field(
        None, validation_alias=AliasChoices("SANDGLASS_OPENAI_URL", "OPENAI_BASE_URL")
    )
    openai_api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")

    def context_tokens(self, model_name: str) -> int:
        """The context of the model that goes by this name."""
        return self.ollama_context_tokens if model_name.startswith("ollama:") else self.openai_context_tokens

    @field_validator("models_allowed", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("ollama_url", "openai_url", mode="after")
    @classmethod
    def _complete_url(cls, value: str | None) -> str | None:
        # OLLAMA_HOST is often a bare `host:port`, and 0.0.0.0 there is an address to listen on, not to dial.
        if not value:
            return value
        url = value if "://" in value else f"http://{value}"
        parts = urlsplit(url)  # raises ValueError itself for `http://[::1`
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("not an http(s) address, e.g. http://127.0.0.1:11434")
        return url.replace("://0.0.0.0", "://127.0.0.1").rstrip("/")
