"""How is the engine proxy started? `python -m worker.engine_proxy`; with `check`: does one answer here?"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys

from policies.folders import PolicyError
from policies.model import load_policy, policy_names
from worker.engine_proxy.calls import API
from worker.engine_proxy.carry import Carrier
from worker.engine_proxy.engine import PIPE_BYTES, EngineDownError, EngineSocket
from worker.engine_proxy.judge import Rules
from worker.engine_proxy.listen import listening_socket
from worker.engine_proxy.log import say
from worker.engine_proxy.serve import CONNECTIONS, Server
from worker.engine_proxy.settings import BadSettingsError, Settings, settings_from
from worker.engine_proxy.watch import GONE_SECONDS, until_replaced

_CHECK_SECONDS = 20.0


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM or SIGINT; a wrong setting is one clear line."""
    parser = argparse.ArgumentParser(prog="python -m worker.engine_proxy", description=__doc__)
    parser.add_argument("do", nargs="?", choices=["serve", "check"], default="serve")
    do = parser.parse_args(arguments).do
    try:
        settings = settings_from(os.environ)
        for name in policy_names():
            load_policy(name)
        asyncio.run(check(settings) if do == "check" else serve(settings))
    except (BadSettingsError, PolicyError) as error:
        sys.exit(f"the engine proxy does not start: {error}")
    except EngineDownError as error:
        sys.exit(f"not healthy: {error}" if do == "check" else str(error))


async def check(settings: Settings) -> None:
    """Ask for the version over the proxy's own socket. Raises: EngineDownError."""
    answer = await EngineSocket(settings.listen, _CHECK_SECONDS).ask("GET", f"{API}/version")
    if answer.status != 200:
        raise EngineDownError(f"{answer.status}: {answer.body[:300].decode('utf-8', 'replace')}")


async def serve(settings: Settings, gone_seconds: float = GONE_SECONDS) -> None:
    """Listen until a signal comes.

    Raises:
        BadSettingsError: It cannot listen there.
        EngineDownError: The engine has another socket now.
    """
    rules = Rules(settings.stack, settings.image, settings.seccomp_path)
    carrier = Carrier(EngineSocket(settings.engine), rules, settings.max_sandboxes)
    server = Server(rules, carrier, CONNECTIONS + settings.max_sandboxes)
    sock = listening_socket(settings.listen, settings.group)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listener = await asyncio.start_unix_server(server.serve, sock=sock, limit=PIPE_BYTES)
    say("listening", at_socket=str(settings.listen), engine=str(settings.engine), stack=settings.stack)
    stopped = asyncio.create_task(stop.wait())
    replaced = asyncio.create_task(until_replaced(settings.engine, gone_seconds))
    await asyncio.wait({stopped, replaced}, return_when=asyncio.FIRST_COMPLETED)
    listener.close()
    if replaced.done():
        stopped.cancel()
        replaced.result()
    replaced.cancel()
    say("stopped")


if __name__ == "__main__":
    main(sys.argv[1:])
