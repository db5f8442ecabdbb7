"""Are the images in the engine, and how do they get there?"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from client.errors import StackError
from client.settings import PROJECT
from client.stack.config import StackConfig
from client.stack.engine import FoundEngine, podman_environ

_SANDBOX_SCRIPT = PROJECT / "sandbox_image" / "build.sh"
_APP_SCRIPT = PROJECT / "images" / "build_app.sh"


def build_image(engine: FoundEngine, config: StackConfig, environ: Mapping[str, str] = os.environ) -> None:
    """Build the sandbox image, which takes minutes the first time; quick where it is up to date.

    Raises:
        StackError: The build failed; what it printed stands above.
    """
    if engine.proxied:
        if image_digest(engine.url, config.image) is None:
            raise StackError(
                f"{config.image} is not there, and nothing is built through the proxy at {engine.url}: "
                "make image, with SANDGLASS_ENGINE_URL unset or the engine's own socket"
            )
        return
    _build(_SANDBOX_SCRIPT, engine, config, {**environ, "SANDGLASS_IMAGE": config.image})


def build_app_image(
    engine: FoundEngine, config: StackConfig, environ: Mapping[str, str] = os.environ
) -> None:
    """Build the image of gateway and worker, for the stack of containers; its tag: `SANDGLASS_APP_IMAGE`.

    Raises:
        StackError: The build failed; what it printed stands above.
    """
    _build(_APP_SCRIPT, engine, config, environ)


def _build(script: Path, engine: FoundEngine, config: StackConfig, environ: Mapping[str, str]) -> None:
    env = {**environ, **(podman_environ(config.home) if engine.ours else {})}
    command = [str(script), "--engine", engine.kind, "--engine-url", engine.url]
    try:
        code = subprocess.run(command, env=env, cwd=PROJECT, stdin=subprocess.DEVNULL, check=False).returncode  # noqa: S603
    except OSError as error:
        raise StackError(f"cannot run {script}: {error.strerror}") from None
    if code != 0:
        raise StackError(
            f"an image could not be built (exit {code}); mend what is said above, then: make image"
        )


def image_digest(engine_url: str, image: str) -> str | None:
    """The image's id in this engine; None: it is not there."""
    from worker.engines.base import ImageMissingError
    from worker.engines.connect import connect

    async def ask() -> str | None:
        engine = await connect(engine_url)
        try:
            return await engine.image_digest(image)
        except ImageMissingError:
            return None
        finally:
            await engine.close()

    return asyncio.run(ask())


def remove_sandboxes(engine_url: str, stack_id: str) -> int:
    """Remove every container of this stack; how many there were.

    Raises:
        EngineError: The engine does not answer.
    """
    from policies.spec import LABEL_STACK
    from worker.engines.connect import connect

    async def sweep() -> int:
        engine = await connect(engine_url)
        try:
            entries = await engine.find({LABEL_STACK: stack_id})
            for entry in entries:
                await engine.remove(entry.container_id)
            return len(entries)
        finally:
            await engine.close()

    return asyncio.run(sweep())
