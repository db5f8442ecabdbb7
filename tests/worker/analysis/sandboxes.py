"""What stands in for the container in tests of the loop? Code runs here in this process, on a small table."""

import io
import json
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pandas as pd

from store.records import Language, Outcome, Stream
from worker.analysis.contract import RunResult


@dataclass
class LocalSandbox:
    """Meets `worker.analysis.contract.Sandbox` for the tests' own code; keeps what it was asked to run."""

    table: dict[str, list[Any]]
    ran: list[str] = field(default_factory=list)

    async def run(self, code: str, language: Language, number: int) -> RunResult:
        self.ran.append(code)
        space: dict[str, Any] = {"df": pd.DataFrame(self.table), "pd": pd}
        printed = io.StringIO()
        try:
            with redirect_stdout(printed):
                result = _query(code, space["df"]) if language == "sql" else _execute(code, space)
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            return RunResult("code_error", message, traceback=traceback.format_exc(), seconds=0.1)
        text = printed.getvalue()
        return RunResult("ok", result=result, stdout=Stream(text=text, bytes=len(text)), seconds=0.1)


def _execute(code: str, space: dict[str, Any]) -> dict[str, Any] | None:
    exec(code, space)  # noqa: S102
    return _typed(space["result"]) if "result" in space else None


def _query(code: str, sales: pd.DataFrame) -> dict[str, Any]:
    with duckdb.connect() as connection:
        connection.register("sales", sales)
        return _typed(connection.sql(code).df())


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, pd.DataFrame):
        rows = json.loads(value.to_json(orient="values"))
        table = {"columns": list(value.columns), "rows": rows}
        return {"type": "table", "value": table, "shape": list(value.shape)}
    return {"type": "scalar", "value": value.item() if hasattr(value, "item") else value}


@dataclass
class FixedSandbox:
    """Ends every run in the same way."""

    outcome: Outcome = "ok"
    message: str = ""
    result: dict[str, Any] | None = None
    stdout: str = ""
    ran: list[str] = field(default_factory=list)

    async def run(self, code: str, language: Language, number: int) -> RunResult:
        self.ran.append(code)
        return RunResult(
            self.outcome,
            self.message,
            result=self.result,
            stdout=Stream(text=self.stdout, bytes=len(self.stdout)),
            traceback=self.message if self.outcome == "code_error" else "",
        )
