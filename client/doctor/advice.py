"""What mends a part: a command of a local stack, or, inside a container, a look at that container?"""

from __future__ import annotations

from dataclasses import dataclass

from client.settings import in_image
from client.stack.config import StackConfig


@dataclass(frozen=True)
class Advice:
    """What to do about each part."""

    engine: str
    redis: str
    gateway: str
    gateway_log: str
    worker_log: str
    up: str
    policies: str


_IN_CONTAINER = Advice(
    engine="see the log of engine-proxy, and whether the engine runs on the host",
    redis="see whether its container runs, and its log",
    gateway="run this in the gateway's container, or with the gateway's address and a key "
    "(-e SANDGLASS_URL=http://gateway:8000 -e SANDGLASS_KEY=...)",
    gateway_log="see the log of the gateway's container",
    worker_log="see the log of the worker's container",
    up="mend what fails above",
    policies="mend it as said, then start gateway, worker and engine-proxy again",
)


def advice_for(config: StackConfig) -> Advice:
    """What to do here."""
    if in_image():
        return _IN_CONTAINER
    logs = f"{config.home}/logs"
    return Advice(
        engine="start it, or set DOCKER_HOST",
        redis="run: sandglass up" if config.redis_port else "start it, or unset SANDGLASS_REDIS_URL",
        gateway=f"run: sandglass up; the log is {logs}/gateway.log",
        gateway_log=f"see {logs}/gateway.log",
        worker_log=f"see {logs}/worker.log; sandglass up",
        up="run: sandglass up",
        policies="mend it as said, then: sandglass down; sandglass up",
    )
