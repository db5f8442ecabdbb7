"""`sandglass keys`: who may use this stack, straight from its store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from client.commands.ask import JsonFlag
from client.commands.console import fail, out, print_json, say
from client.settings import LOCAL_TENANT
from client.stack.config import load_config

if TYPE_CHECKING:
    from store.base import Store

T = TypeVar("T")
keys = typer.Typer(help="List, create or revoke keys, straight from the store (SANDGLASS_STORE).")


@keys.callback(invoke_without_command=True)
def _default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_keys()


@keys.command("list")
def list_keys(as_json: JsonFlag = False) -> None:
    """All keys, revoked ones too; never the keys themselves, which are not kept."""
    found = _with_store(lambda store: store.list_keys())
    if as_json:
        print_json([key.model_dump(mode="json", exclude={"sha256"}) for key in found])
        return
    table = Table("key id", "tenant", "name", "created", "revoked", show_edge=False, pad_edge=False)
    for key in found:
        revoked = key.revoked_at.isoformat()[:19] if key.revoked_at else "-"
        table.add_row(
            key.key_id, Text(key.tenant_id), Text(key.name), key.created_at.isoformat()[:19], revoked
        )
    out().print(table)


@keys.command("create")
def create_key(
    tenant: Annotated[str, typer.Option(help="Whose sessions it opens.")] = LOCAL_TENANT,
    name: Annotated[str, typer.Option(help="What it is for.")] = "cli",
) -> None:
    """Make a key. It is printed once, alone on stdout, and cannot be shown again."""
    from store.keys import TENANT_NAME, hash_key, make_key
    from store.records import ApiKey

    if not TENANT_NAME.fullmatch(tenant):
        fail("--tenant takes 1 to 64 letters, digits, dots, dashes and underscores, and begins with no dot")
    if not name.strip():
        fail("--name must not be empty")

    key = make_key()
    record = ApiKey(tenant_id=tenant, name=name, sha256=hash_key(key))
    _with_store(lambda store: store.insert_key(record))
    say(f"key {record.key_id} of tenant {tenant}; keep it, it is not shown again:")
    typer.echo(key)


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(metavar="KEY_ID", show_default=False)]) -> None:
    """Make a key useless."""
    if not _with_store(lambda store: store.revoke_key(key_id)):
        fail(f"no key with the id {key_id} that is not revoked already; see: sandglass keys list", code=1)
    typer.echo(f"revoked {key_id}")


def _with_store(work: Callable[[Store], Awaitable[T]]) -> T:
    from store.base import StoreError
    from store.open import open_store

    async def run() -> T:
        store = open_store(load_config().store_url)
        await store.open()
        try:
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except (StoreError, ValueError) as error:
        fail(f"the store does not open: {error}")
