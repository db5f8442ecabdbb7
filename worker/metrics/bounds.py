"""What may a label say that depends on this worker's settings? A bounded set, whatever clients ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import version

from worker.models.settings import ModelSettings

OTHER = "other"
_PROVIDERS = ("ollama", "openai", "scripted")
_PLAIN = re.compile(r"[A-Za-z0-9._:/@+-]{1,80}")
_DIGEST = re.compile(r"[0-9a-f]{12}")
_VERSION = version("sandglass")


class Bounds:
    """The labels `model`, `policy`, `digest` and `version`."""

    def __init__(self, models: ModelSettings, policies: Iterable[str]) -> None:
        named = (models.model, *models.models_allowed)
        # A pattern lets clients choose the name; a script's name is a path of this host, or its text.
        self._models = {name for name in named if _PLAIN.fullmatch(name) and not name.startswith("scripted")}
        self._policies = frozenset(policies)

    def bounded(self, label: str, value: str) -> str:
        """`value`, or what is shown in its place."""
        if label == "model":
            return self._model(value)
        if label == "policy":
            return value if value in self._policies else OTHER
        fits = _DIGEST.fullmatch(value) if label == "digest" else value == _VERSION
        return value if fits else OTHER

    def _model(self, name: str) -> str:
        if name in self._models:
            return name
        family = planner_family(name)
        return f"{family}:{OTHER}" if family in ("ollama", "openai") else family


def planner_family(name: str | None) -> str:
    """Who writes code, without the name of the model: `ollama` for `ollama:llama3.1`."""
    if not name:
        return "none"
    if name in ("builtin", "user"):
        return name
    provider = name.partition(":")[0]
    return provider if provider in _PROVIDERS else OTHER
