"""How does Open Interpreter run code here: through which of its doors, and with which kernel behind it?

The only file that imports `interpreter`. Its stock Jupyter language rewrites code, sleeps, and may call a
model; its own extension point (`computer.languages`) takes a kernel of ours, which runs the text as it is.
"""

from __future__ import annotations

import builtins
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .stubs import ABSENT, HEAVY, IPYTHON_TERMINAL, MODEL_CLIENTS, StubFinder, stubbed

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
sys.meta_path.append(StubFinder(MODEL_CLIENTS))

with stubbed(IPYTHON_TERMINAL):
    from IPython.core.interactiveshell import InteractiveShell
with stubbed(ABSENT | HEAVY | MODEL_CLIENTS):
    from interpreter import OpenInterpreter

from IPython.core.displayhook import DisplayHook  # noqa: E402
from IPython.core.displaypub import DisplayPublisher  # noqa: E402
from traitlets.config import Config  # noqa: E402

MISSING = object()


@dataclass
class Outcome:
    """What one run of code came to."""

    value: Any = MISSING
    """The last expression's value, when the text ends in an expression that is not None."""
    error: BaseException | None = None


@dataclass
class Hooks:
    """What the kernel calls outside itself."""

    display: Callable[[dict[str, Any], Any], None] = lambda data, source: None
    """`display(x)` and `fig.show()`: the MIME bundle."""
    sql: Callable[[str], Any] = lambda text: None
    run_number: int = 0


hooks = Hooks()


class _SilentDisplayHook(DisplayHook):
    """Keeps the last expression's value instead of printing `Out[1]: ...`."""

    def __call__(self, result: Any = None) -> None:
        if result is not None and self.exec_result is not None:
            self.exec_result.result = result


class _CapturingPublisher(DisplayPublisher):
    """Hands what is displayed to the figure collector."""

    def publish(
        self, data: dict[str, Any], metadata: Any = None, source: Any = None, **_options: Any
    ) -> None:
        hooks.display(data, metadata)


class Shell(InteractiveShell):
    """IPython's shell without a terminal: no history, no files of its own, no output of its own."""

    displayhook_class = _SilentDisplayHook
    display_pub_class = _CapturingPublisher

    def init_completer(self) -> None:
        """Nobody types here."""

    def init_syntax_highlighting(self, changes: Any = None) -> None:
        """Nothing is coloured."""

    def init_pdb(self) -> None:
        """Nobody debugs here."""

    def init_virtualenv(self) -> None:
        """There is none."""

    def showtraceback(self, *_arguments: Any, **_options: Any) -> None:
        """Errors are reported as data, see `tracebacks`."""

    def showsyntaxerror(self, *_arguments: Any, **_options: Any) -> None:
        """Errors are reported as data, see `tracebacks`."""


def _make_shell() -> Shell:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    config.InteractiveShell.ast_node_interactivity = "last_expr"
    if Shell.initialized():
        return Shell.instance()
    shell = Shell.instance(config=config)
    # IPython's own are for a person at a prompt: the plain ones are meant.
    shell.user_ns |= {"exit": builtins.exit, "quit": builtins.quit}
    del shell.user_ns["open"]
    warnings.filterwarnings("ignore", message="To exit: use")
    return shell


class Kernel:
    """The `python` language given to Open Interpreter."""

    name = "python"
    file_extension = "py"
    aliases: tuple[str, ...] = ("py",)

    def __init__(self, computer: Any) -> None:
        self._shell = _make_shell()

    def run(self, code: str) -> Iterator[dict[str, Any]]:
        """Run the text as it is; yields one chunk, whose content is the `Outcome`."""
        yield {"type": "outcome", "format": "object", "content": self._run(code)}

    def _run(self, code: str) -> Outcome:
        shell = self._shell
        name = code_name(hooks.run_number)
        shell.compile.get_code_name = lambda *_arguments: name  # type: ignore[method-assign]
        coroutine = shell.run_cell_async(
            code, store_history=False, silent=False, transformed_cell=code, preprocessing_exc_tuple=None
        )
        try:
            if shell.should_run_async(code, transformed_cell=code):
                done = shell.loop_runner(coroutine)
            else:
                done = _drive(coroutine)
        except BaseException as error:
            return Outcome(error=error)
        failure = done.error_before_exec or done.error_in_exec
        if isinstance(failure, SystemExit) and failure.code in (None, 0):
            failure = None
        return Outcome(MISSING if done.result is None else done.result, failure)

    def stop(self) -> None:
        """Stopping is the supervisor's business: it kills the process."""

    def terminate(self) -> None:
        """Stopping is the supervisor's business: it kills the process."""


class SqlKernel(Kernel):
    """The `sql` language given to Open Interpreter: the text goes to DuckDB as it is."""

    name = "sql"
    file_extension = "sql"
    aliases: tuple[str, ...] = ()

    def __init__(self, computer: Any) -> None:
        """Needs no shell."""

    def _run(self, code: str) -> Outcome:
        try:
            return Outcome(hooks.sql(code))
        except BaseException as error:
            return Outcome(error=error)


def code_name(run: int) -> str:
    """The file name that run number `run` has in tracebacks."""
    return f"<run {run}>"


def _drive(coroutine: Any) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("the code awaits something outside an event loop")


_interpreter = OpenInterpreter(disable_telemetry=True, offline=True, auto_run=True, import_computer_api=False)
_interpreter.computer.languages = [Kernel, SqlKernel]


def run(language: str, code: str, number: int = 0) -> Outcome:
    """Run `code` through Open Interpreter, as run `number` in its tracebacks."""
    hooks.run_number = number
    chunks = _interpreter.computer.run(language, code)
    outcome: Outcome = next(chunk["content"] for chunk in chunks if chunk["type"] == "outcome")
    return outcome


def namespace() -> dict[str, Any]:
    """The variables that Python code sees and sets."""
    variables: dict[str, Any] = _make_shell().user_ns
    return variables
