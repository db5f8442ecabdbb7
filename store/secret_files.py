"""Which settings stand in files, in the folder `SANDGLASS_SECRETS`, called as the variable in lower case?"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsError,
)

FOLDER = "SANDGLASS_SECRETS"


class SecretFileError(ValueError):
    """The folder or a file in it cannot be read; the message names it, and never what stands in it."""


class SettingsWithSecrets(BaseSettings):
    """Settings of the environment, and of files for what no variable says; an empty one says nothing."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then variables, then files."""
        sources = (init_settings, env_settings)
        folder = os.environ.get(FOLDER)
        return (*sources, _SecretFiles(settings_cls, folder)) if folder else sources


class _SecretFiles(SecretsSettingsSource):
    """As pydantic's own, but what cannot be read is an error, where that only warns."""

    def __init__(self, settings_cls: type[BaseSettings], folder: str) -> None:
        super().__init__(settings_cls, _checked(folder))
        self._folder = Path(folder)

    def __call__(self) -> dict[str, Any]:
        try:
            return super().__call__()
        except SettingsError as error:
            if isinstance(error.__cause__, SecretFileError):
                raise error.__cause__ from None
            raise

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        infos = self._extract_field_info(field, field_name)
        # Another variable of the same setting goes before a file, too.
        if any(os.environ.get(env_name.upper()) for _, env_name, _ in infos):
            return None, infos[0][0], False
        for key, env_name, is_complex in infos:
            if text := _read(self._folder, env_name):
                return text, key, is_complex
        return None, infos[0][0], False


def find_setting(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The variable, else what its file says, else nothing.

    Raises:
        SecretFileError: The folder or the file cannot be read.
    """
    folder = environ.get(FOLDER)
    return environ.get(name) or (_read(Path(_checked(folder)), name) if folder else "")


def _checked(folder: str) -> str:
    if not Path(folder).is_dir():
        raise SecretFileError(f"{FOLDER} names {folder}, which is no folder; make it, or unset {FOLDER}")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise SecretFileError(f"{FOLDER} names {folder}, which this user (uid {os.getuid()}) may not read")
    return folder


def _read(folder: Path, variable: str) -> str:
    path = folder / variable.lower()
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # to open a pipe would wait for ever
            raise SecretFileError(f"the secret file {path} is no regular file; put what it says into one")
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
    except UnicodeError:
        raise SecretFileError(f"the secret file {path} is not UTF-8 text") from None
    except OSError as error:
        raise SecretFileError(
            f"the secret file {path} cannot be read by uid {os.getuid()}: {error.strerror}"
        ) from None
