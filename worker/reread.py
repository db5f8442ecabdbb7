"""How is a table read again from its original: as a person says, or without columns that are hidden now?"""

from __future__ import annotations

from typing import Any

from store.hidden import Hidden, hidden_columns
from store.records import StoredFile, Table
from worker.context import JobContext
from worker.ending import JobFailedError
from worker.tables import keep_table, read_file, session_of

_PLACE = ("sheet", "cells", "key", "member")
"""What of `read_as` tells the tables of one file apart."""


async def read_table_as(context: JobContext, name: str, read_as: dict[str, Any]) -> Table:
    """Read one table as `read_as` says; {} is as the loaders decide.

    Raises:
        JobFailedError: It cannot be read so; the table stays as it was.
    """
    job, session = context.job, await session_of(context)
    tables = await context.runtime.store.list_tables(job.tenant_id, session.session_id)
    table = next((one for one in tables if one.name == name), None)
    if table is None:
        raise JobFailedError("bad_file", f"There is no table {name} in this session.")
    return await _read_again(context, table, read_as, session.hidden)


async def read_without_hidden(context: JobContext) -> list[Table]:
    """Read again each table of which other columns are hidden than when it was read.

    Raises:
        JobFailedError: Some could not be read so; those that have a hidden column are used by nobody.
    """
    job, session = context.job, await session_of(context)
    done, errors = [], []
    for table in await context.runtime.store.list_tables(job.tenant_id, session.session_id):
        now = list(hidden_columns(session.hidden, table.name, str(table.profile.get("file", ""))))
        if table.hidden == now:
            continue
        try:
            done.append(await _read_again(context, table, asked_before(table), session.hidden))
        except JobFailedError as error:
            errors.append(f"Table {table.name} could not be read without its hidden columns: {error.message}")
    if errors:
        raise JobFailedError("bad_file", " ".join(errors))
    return done


def asked_before(table: Table) -> dict[str, Any]:
    """How a person has said that the table is to be read."""
    asked = table.profile.get("read_as", {}).get("asked")
    return dict(asked) if isinstance(asked, dict) else {}


async def _read_again(context: JobContext, table: Table, read_as: dict[str, Any], hidden: Hidden) -> Table:
    file = await _file_of(context, table)
    place = _place_of(table, await context.runtime.store.list_tables(table.tenant_id, table.session_id))
    asked = {
        "read_as": read_as,
        "hidden": list(hidden_columns(hidden, table.name, file.name)),
        # Another key is another place, and the sheet has none.
        "only": {} if read_as.get("key") is not None else place,
        "name": table.name,
    }
    found = await read_file(context, file, [], asked)
    if isinstance(found, str):
        raise JobFailedError("bad_file", found)
    profile, produced = found[0]
    if len(found) > 1 or profile["name"] != table.name:
        raise JobFailedError("bad_file", f"{file.name}: another table came than {table.name}.")
    said: dict[str, Any] = {"asked": read_as, "place": place} if read_as else {}
    read = {**profile, "read_as": {**profile["read_as"], **said}}
    _check_hidden_count(table, hidden, read)
    return await keep_table(context, file, read, produced, table.position, hidden, replaces=table)


def _check_hidden_count(table: Table, hidden: Hidden, read: dict[str, Any]) -> None:
    """Refuse a reading in which a hidden column may have another name, as under another header.

    Raises:
        JobFailedError: Fewer columns were left out than before, and the same were to be.
    """
    then, now = table.profile.get("read_as", {}).get("hidden", 0), read["read_as"].get("hidden", 0)
    names = hidden_columns(hidden, table.name, str(table.profile.get("file", "")))
    if table.hidden == list(names) and isinstance(then, int) and now < then:
        raise JobFailedError(
            "bad_file",
            f"Read so, table {table.name} has {now} of its {then} hidden columns ({', '.join(names)}): "
            "the others would be seen under other names. Hide nothing first, then read it so, and hide the "
            "new names",
        )


def _place_of(table: Table, tables: list[Table]) -> dict[str, Any]:
    """Where in its file the table was found at first."""
    read_as = table.profile.get("read_as", {})
    if isinstance(read_as.get("place"), dict):
        return dict(read_as["place"])
    place = {key: read_as[key] for key in _PLACE if read_as.get(key) is not None}
    sheet = place.get("sheet")
    alone = not any(
        other.name != table.name
        and other.file_id == table.file_id
        and other.profile.get("read_as", {}).get("sheet") == sheet
        for other in tables
    )
    # Which cells a table has may change with the way it is read.
    return {key: value for key, value in place.items() if key != "cells" or not alone}


async def _file_of(context: JobContext, table: Table) -> StoredFile:
    files = await context.runtime.store.list_files(table.tenant_id, table.session_id)
    for file in files:
        if file.file_id == table.file_id:
            return file
    raise JobFailedError("bad_file", f"The original of table {table.name} is gone.")
