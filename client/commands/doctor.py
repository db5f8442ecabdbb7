"""`sandglass doctor`: what is wrong with this stack, how is it mended, and does its wall hold?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.text import Text

from client.commands.ask import JsonFlag
from client.commands.console import INTERRUPTED, err, fail, out, print_json
from client.render import plain
from client.stack.config import StackConfig, load_config, read_remembered

if TYPE_CHECKING:
    from client.doctor.deep import Asked
    from client.doctor.judge import Check

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}

DeepFlag = Annotated[
    bool, typer.Option("--deep", help="Try hostile code on the engine: does every case of abuse stay in?")
]
OnlyOption = Annotated[
    str, typer.Option("--only", help="With --deep: these cases, E7,R3,CIS-5.31, or a letter for all of it.")
]
RuntimeOption = Annotated[str, typer.Option("--runtime", help="With --deep: runc or runsc (gVisor).")]
PolicyOption = Annotated[str, typer.Option("--policy", help="With --deep: the policy of the sandboxes.")]


def doctor(
    as_json: JsonFlag = False,
    deep: DeepFlag = False,
    only: OnlyOption = "",
    runtime: RuntimeOption = "",
    policy: PolicyOption = "default",
) -> None:
    """Check each part of the local stack, limits from inside a sandbox included. Exit code 1 if one fails."""
    config = load_config()
    kept = read_remembered(config.home)
    remembered = kept.engine_url if kept else ""
    if deep:
        from client.doctor.deep import Asked
        from client.stack.gvisor import gvisor_url

        if runtime not in ("", "runc", "runsc"):
            fail(f"--runtime is {runtime!r}; it must be runc or runsc")
        engine_url = _engine_url(config, remembered)
        asked = Asked(engine_url, gvisor_url(config), config.image, policy, runtime, only)
        _examine_wall(asked, as_json)
    if only or runtime or policy != "default":
        fail("--only, --runtime and --policy go with --deep")
    from client.doctor.examine import examine
    from client.doctor.judge import exit_status

    checks = []
    for check in examine(config, remembered):
        checks.append(check)
        if not as_json:
            _show(check)
    if as_json:
        print_json({"healthy": exit_status(checks) == 0, "checks": [asdict(check) for check in checks]})
    raise typer.Exit(exit_status(checks))


def _engine_url(config: StackConfig, remembered: str) -> str:
    from client.stack.engine import find_engine, named_url, ping

    found = (ping(remembered) if remembered and not named_url() else None) or find_engine(config.home)
    if found is None:
        fail("no container engine answers; start one, or run: sandglass up")
    return found.url


def _examine_wall(asked: Asked, as_json: bool) -> NoReturn:
    from client.doctor.deep import StoppedError

    try:
        raise typer.Exit(_probe(asked, as_json))
    except StoppedError:
        fail("stopped; its sandboxes are removed", INTERRUPTED)


def _probe(asked: Asked, as_json: bool) -> int:
    """Probe and show; the exit status."""
    from client.doctor.deep import run_deep
    from client.doctor.deep_view import case_line, count_line, show_start, show_table

    record: dict[str, Any] = {"held": False, "cases": []}
    console = err() if as_json else out()
    with console.status("starting") as status:
        for said in run_deep(asked):
            if said["event"] == "cannot run":
                fail(said["reason"])
            if said["event"] == "start":
                record |= {name: said[name] for name in ("engine", "image", "policy")}
                show_start(console, said)
            elif said["event"] == "case":
                record["cases"].append({name: said[name] for name in said if name != "event"})
                console.print(case_line(said), soft_wrap=True)
            else:
                record["counts"] = said["counts"]
            status.update(f"{len(record['cases'])} probed")
    record["held"] = record["counts"]["not held"] == 0
    if as_json:
        print_json(record)
    else:
        show_table(console, record["cases"])
        typer.echo(f"\n{count_line(record['counts'])}")
    return 0 if record["held"] else 1


def _show(check: Check) -> None:
    line = Text(f"{check.level:<5}", style=_STYLES[check.level])
    line.append(f"{check.name:<22} ", style="bold")
    line.append(plain(check.message), style="default")
    if check.fix and check.level != "ok":
        line.append(f"\n     {'':<22} mend: {plain(check.fix)}", style="default")
    out().print(line, soft_wrap=True)
