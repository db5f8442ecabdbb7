"""An engine proxy for tests, in a thread of this process, before a real engine or one that only listens."""

import asyncio
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from policies.model import Policy, load_policy
from policies.seccomp import PROFILE_PATH
from tests.engine_services import IMAGE
from worker.engine_proxy.carry import Carrier
from worker.engine_proxy.engine import PIPE_BYTES, EngineSocket
from worker.engine_proxy.judge import Rules
from worker.engine_proxy.listen import listening_socket
from worker.engine_proxy.serve import CONNECTIONS, Server


@dataclass(frozen=True)
class RunningProxy:
    """Where it listens."""

    path: Path

    @property
    def url(self) -> str:
        return f"unix://{self.path}"


@contextmanager
def proxied(
    engine_url: str,
    stack: str,
    load: Callable[[str], Policy] = load_policy,
    most: int = 64,
    connections: int = CONNECTIONS,
    answer_seconds: float = 55,
    image: str = IMAGE,
    folder: Path | None = None,
) -> Iterator[RunningProxy]:
    """A proxy before the engine at `engine_url`, ended with the block."""
    engine = EngineSocket(Path(engine_url.removeprefix("unix://")), answer_seconds)
    rules = Rules(stack, image, str(PROFILE_PATH), load)
    with tempfile.TemporaryDirectory(prefix="sg-gate-") as own:
        path = (folder or Path(own)) / "engine.sock"
        sock = listening_socket(path, None)
        ready, loop = threading.Event(), asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            server = Server(rules, Carrier(engine, rules, most), connections)
            listener = await asyncio.start_unix_server(server.serve, sock=sock, limit=PIPE_BYTES)
            ready.set()
            await stop.wait()
            listener.close()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield RunningProxy(path)
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            assert not thread.is_alive()
            loop.close()
