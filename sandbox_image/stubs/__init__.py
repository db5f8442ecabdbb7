"""Which libraries does Open Interpreter ask for that must not, or need not, be in the sandbox?

Its chat loop, its servers and its desktop tools import model clients, browsers and more. None of that is used
to run code, and no model may be called from in here: those names resolve to stubs that refuse to be used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

ABSENT = frozenset(
    "fastapi uvicorn starlette selenium webdriver_manager html2image git "
    "jupyter_client ipykernel nbformat pyautogui screeninfo pytesseract cv2 torch transformers easyocr "
    "pywinctl "
    "plyer ntplib inquirer shortuuid posthog psutil send2trash toml yaspin pkg_resources rich html2text "
    "janus websockets astor tokentrim pyreadline3 wget pyperclip sentence_transformers "
    "typer aifs unstructured nltk setuptools tornado zmq".split()
)
"""Not installed, named by parts of Open Interpreter that are not used: stubs while it is imported."""

HEAVY = frozenset(
    "matplotlib requests PIL pydantic yaml numpy pandas IPython bs4 "
    "interpreter.core.async_core interpreter.core.utils.telemetry".split()
)
"""Slow to import and not needed by Open Interpreter to run code: stubs while it is imported."""


MODEL_CLIENTS = frozenset("litellm openai anthropic google tiktoken".split())
"""Stubs for good: code that tries to call a model is told why it cannot."""

IPYTHON_TERMINAL = frozenset({"jedi", "IPython.terminal", "prompt_toolkit"})
"""The parts of IPython for people at a terminal: half of its import time."""


class NotInSandboxError(RuntimeError):
    """Something asked for a library that is deliberately not in the sandbox."""


class _StubType(type):
    """Makes stub classes whose attributes are stubs too and which cannot be called."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stub_class(f"{cls.__qualname__}.{name}")

    def __call__(cls, *_arguments: object, **_options: object) -> NoReturn:
        raise NotInSandboxError(
            f"{cls.__qualname__} is not available: the sandbox reaches no model, browser or server"
        )


def _stub_class(qualified_name: str) -> Any:
    return _StubType(
        qualified_name.rpartition(".")[2], (), {"__qualname__": qualified_name, "__module__": "stubs"}
    )


class _StubModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stub_class(f"{self.__name__}.{name}")


class StubFinder(MetaPathFinder, Loader):
    """Finds stubs for the top-level names it was given and for all below them."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not _covered(fullname, self.names):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """A stub has nothing to run."""


def _covered(module_name: str, names: frozenset[str]) -> bool:
    parts = module_name.split(".")
    return any(".".join(parts[:count]) in names for count in range(1, len(parts) + 1))


@contextmanager
def stubbed(names: frozenset[str]) -> Iterator[None]:
    """Let `names` resolve to stubs inside the block, and forget those stubs after it."""
    finder = StubFinder(names)
    kept = {name: module for name, module in sys.modules.items() if _covered(name, names)}
    for name in kept:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if _covered(name, names)]:
            del sys.modules[name]
        sys.modules.update(kept)
