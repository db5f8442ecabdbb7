"""Which model does a name stand for, and may a request ask for it?"""

from __future__ import annotations

from fnmatch import fnmatchcase

from worker.models.base import Model
from worker.models.ollama import OllamaModel
from worker.models.openai import OpenAIModel
from worker.models.retry import Backoff
from worker.models.scripted import ScriptedModel, ScriptError, read_script
from worker.models.settings import ModelSettings

KNOWN_FORMS = "`builtin`, `ollama:<model>`, `openai:<model>`, `scripted:<file>`"


class UnknownModelError(ValueError):
    """No model goes by this name here; the message says which do."""


def choose_model(spec: str, settings: ModelSettings) -> Model | None:
    """The model that `spec` names; None for `builtin` or an empty name. Asks nothing of the network.

    Raises:
        UnknownModelError: Not one of the known forms.
    """
    if spec.strip() in ("", "builtin"):
        return None
    provider, _, name = spec.strip().partition(":")
    if not name or "\n" in name or len(spec) > 1 << 20:
        raise UnknownModelError(f"no model is named {spec[:80]!r}; known forms: {KNOWN_FORMS}")
    backoff = Backoff(retries=settings.model_retries)
    if provider == "ollama":
        return OllamaModel(
            name,
            base_url=settings.ollama_url,
            context_tokens=settings.ollama_context_tokens,
            backoff=backoff,
        )
    if provider == "openai":
        return OpenAIModel(
            name, base_url=settings.openai_url, api_key=settings.openai_api_key, backoff=backoff
        )
    if provider == "scripted":
        try:
            return ScriptedModel(read_script(name))
        except ScriptError as error:
            raise UnknownModelError(f"scripted: {error}") from None
    raise UnknownModelError(f"no model is named {spec[:80]!r}; known forms: {KNOWN_FORMS}")


def resolve_spec(requested: str | None, settings: ModelSettings) -> str:
    """The name to use for a request: its own if it may, else the operator's.

    A request is a client's word: without a list it could read files (`scripted:`) or spend on any model.

    Raises:
        UnknownModelError: The operator did not allow it; the message names what is allowed.
    """
    if not requested or requested == settings.model:
        return settings.model or "builtin"
    if requested == "builtin" or any(fnmatchcase(requested, one) for one in settings.models_allowed):
        return requested
    allowed = ", ".join(dict.fromkeys(["builtin", settings.model, *settings.models_allowed]))
    raise UnknownModelError(
        f"the model {requested[:80]!r} is not allowed here; allowed: {allowed} (SANDGLASS_MODELS_ALLOWED)"
    )
