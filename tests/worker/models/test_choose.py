"""Does each name stand for its model, and is a client kept from naming what it may not?"""

from pathlib import Path

import pytest
from pydantic import ValidationError

from worker.models.choose import UnknownModelError, choose_model, resolve_spec
from worker.models.ollama import OllamaModel
from worker.models.openai import OpenAIModel
from worker.models.scripted import ScriptedModel
from worker.models.settings import ModelSettings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> ModelSettings:
    for name in ("SANDGLASS_MODEL", "OLLAMA_HOST", "SANDGLASS_OLLAMA_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return ModelSettings()


@pytest.mark.parametrize("spec", ["builtin", "", " builtin "])
def test_builtin_needs_no_model(spec: str, settings: ModelSettings) -> None:
    assert choose_model(spec, settings) is None


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("ollama:llama3.1", OllamaModel),
        ("ollama:qwen2.5:7b", OllamaModel),
        ("openai:gpt-4o-mini", OpenAIModel),
    ],
)
def test_a_provider_and_a_name_give_a_model_of_that_name(
    spec: str, kind: type, settings: ModelSettings
) -> None:
    model = choose_model(spec, settings)
    assert model is not None
    assert isinstance(model, kind)
    assert model.name == spec


@pytest.mark.parametrize("spec", ["llama3.1", "ollama:", "claude:x", "openai", ":x", "ollama:a\nb"])
def test_an_unknown_name_is_refused_with_the_known_forms(spec: str, settings: ModelSettings) -> None:
    with pytest.raises(UnknownModelError, match="`ollama:<model>`"):
        choose_model(spec, settings)


def test_a_script_may_be_inline_or_a_file(tmp_path: Path, settings: ModelSettings) -> None:
    path = tmp_path / "replies.json"
    path.write_text('["len(df)"]')
    assert isinstance(choose_model(f"scripted:{path}", settings), ScriptedModel)
    assert isinstance(choose_model('scripted:["len(df)"]', settings), ScriptedModel)


def test_a_file_that_is_no_script_is_refused_without_showing_it(
    tmp_path: Path, settings: ModelSettings
) -> None:
    path = tmp_path / "shadow"
    path.write_text("root:secret")
    with pytest.raises(UnknownModelError) as caught:
        choose_model(f"scripted:{path}", settings)
    assert "secret" not in str(caught.value)
    with pytest.raises(UnknownModelError, match="cannot read"):
        choose_model(f"scripted:{tmp_path}/none.json", settings)


def test_a_request_may_name_builtin_the_default_and_what_is_allowed() -> None:
    settings = ModelSettings(model="ollama:llama3.1", models_allowed="ollama:qwen*, openai:gpt-4o-mini")
    assert resolve_spec(None, settings) == "ollama:llama3.1"
    assert resolve_spec("ollama:llama3.1", settings) == "ollama:llama3.1"
    assert resolve_spec("builtin", settings) == "builtin"
    assert resolve_spec("ollama:qwen2.5:7b", settings) == "ollama:qwen2.5:7b"
    with pytest.raises(UnknownModelError, match=r"allowed: builtin, ollama:llama3\.1, ollama:qwen\*"):
        resolve_spec("scripted:/etc/passwd", settings)


def test_settings_come_from_the_environment_and_the_key_is_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_MODEL", "openai:gpt-4o-mini")
    monkeypatch.setenv("SANDGLASS_MODELS_ALLOWED", "ollama:*")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/")
    monkeypatch.setenv("OLLAMA_HOST", "0.0.0.0:11434")
    monkeypatch.delenv("SANDGLASS_OLLAMA_URL", raising=False)
    settings = ModelSettings()
    assert settings.model == "openai:gpt-4o-mini"
    assert settings.models_allowed == ("ollama:*",)
    assert settings.openai_url == "http://127.0.0.1:9/v1"
    assert settings.ollama_url == "http://127.0.0.1:11434"
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in repr(settings)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://[::1", "http://", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValidationError, match="(?i)ollama"):
        ModelSettings(ollama_url=url)


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGLASS_OLLAMA_URL", "")
    monkeypatch.setenv("SANDGLASS_MODEL", "")
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    assert ModelSettings().ollama_url == "http://127.0.0.1:11434"
    assert ModelSettings().model == "builtin"
