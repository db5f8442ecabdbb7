"""`sandglass blobs`: move the bytes of this stack from one place to another."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from client.commands.console import fail
from client.stack.config import load_config

if TYPE_CHECKING:
    from store.base import Blobs

_LARGEST_BYTES = 64 << 30
blobs = typer.Typer(help="Move originals, tables and figures between the store's side and SANDGLASS_BLOBS.")


@blobs.callback()
def _several() -> None:
    """Have `copy` be a word of its own, though there is no other yet."""


@blobs.command("copy")
def copy(
    back: Annotated[bool, typer.Option("--back", help="From SANDGLASS_BLOBS to beside the store.")] = False,
) -> None:
    """Copy all blobs from beside the store to SANDGLASS_BLOBS; stop gateway and worker first."""
    from pydantic import ValidationError

    from store.base import StoreError
    from store.blob_settings import BlobSettings
    from store.open import open_blobs

    try:
        settings, store_url = BlobSettings(), load_config().store_url
        if not settings.blobs:
            fail("SANDGLASS_BLOBS is not set; it says where the blobs are to go")
        ends = (open_blobs(store_url), settings.open_blobs(store_url))
        copied, there = asyncio.run(_copy(*(reversed(ends) if back else ends)))
    except ValidationError as error:
        fail("; ".join(item["msg"].removeprefix("Value error, ") for item in error.errors()))
    except (StoreError, ValueError) as error:
        fail(f"not all is copied; run it again once this is mended: {error}")
    typer.echo(f"copied {copied:,} blobs; {there:,} were there already")


async def _copy(source: Blobs, target: Blobs) -> tuple[int, int]:
    await source.open()
    try:
        await target.open()
        try:
            return await _copy_opened(source, target)
        finally:
            await target.close()
    finally:
        await source.close()


async def _copy_opened(source: Blobs, target: Blobs) -> tuple[int, int]:
    there = {key async for key in target.keys()}  # noqa: SIM118 - no dict
    copied = met = 0
    async for key in source.keys():  # noqa: SIM118
        if key in there:
            met += 1
        else:
            await target.put(key, source.get(key), _LARGEST_BYTES)
            copied += 1
    return copied, met
