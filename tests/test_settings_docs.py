"""Every setting that the code reads stands in the docs, and none else does."""

import re
from pathlib import Path

from pydantic_settings import BaseSettings

from gateway.settings import Settings as GatewaySettings
from worker.models.settings import ModelSettings
from worker.settings import Settings as WorkerSettings

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"SANDGLASS_[A-Z0-9_]*[A-Z0-9]")
CODE = ("client", "compose", "gateway", "images", "podman", "policies", "sandbox_image", "store", "worker")
READ = (".py", ".sh", ".yaml")
DOCS = ("compose", "docs", "podman")


def names_in(files: list[Path]) -> set[str]:
    return {name for file in files for name in NAME.findall(file.read_text("utf-8"))}


def names_of(settings: type[BaseSettings]) -> set[str]:
    plain = [name for name, info in settings.model_fields.items() if info.validation_alias is None]
    return {f"{settings.model_config['env_prefix']}{name}".upper() for name in plain}


def test_settings_and_docs_name_the_same() -> None:
    files = [file for top in CODE for file in (ROOT / top).rglob("*") if file.suffix in READ]
    read = names_in(files).union(*map(names_of, (GatewaySettings, ModelSettings, WorkerSettings)))
    told = names_in([ROOT / "README.md", *(file for top in DOCS for file in (ROOT / top).rglob("*.md"))])
    assert len(read) > 30
    assert sorted(read - told) == []
    assert sorted(told - read) == []
