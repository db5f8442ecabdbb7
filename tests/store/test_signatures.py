"""Tenancy is in the signatures: nothing of a tenant is reached without its id."""

from __future__ import annotations

import inspect

import pytest

from store.base import Blobs, DirectBlobs, Store
from store.blobs import DiskBlobs
from store.gridfs import GridFSBlobs
from store.mongo import MongoStore
from store.records import Record
from store.s3_blobs import S3Blobs
from store.sqlite import SqliteStore

ACROSS_TENANTS = {
    "open",
    "close",
    "ping",
    "sweep_unpublished",
    "sweep_leases",
    "sweep_awaiting",
    "sweep_uploads",
    "backlog",
    "find_key",
    "list_keys",
    "revoke_key",
}
"""Connections, the reaper's and the operator's. A new name here is a decision."""


def verbs(kind: type) -> dict[str, inspect.Signature]:
    functions = inspect.getmembers(kind, inspect.isfunction)
    return {
        name: inspect.signature(function, eval_str=True)
        for name, function in functions
        if not name.startswith("_")
    }


@pytest.mark.parametrize("name", sorted(verbs(Store).keys() - ACROSS_TENANTS))
def test_every_verb_starts_with_the_tenant_or_a_record_that_has_one(name: str) -> None:
    first = list(verbs(Store)[name].parameters.values())[1]
    if first.name == "tenant_id":
        assert first.annotation is str
    else:
        assert name.startswith(("insert_", "upsert_"))
        assert issubclass(first.annotation, Record)
        assert "tenant_id" in first.annotation.model_fields


def test_the_exceptions_are_verbs_of_the_contract() -> None:
    assert verbs(Store).keys() >= ACROSS_TENANTS


@pytest.mark.parametrize(
    ("contract", "kind"),
    [(Store, SqliteStore), (Store, MongoStore), (Blobs, DiskBlobs), (Blobs, GridFSBlobs)],
)
def test_both_backends_have_the_signatures_of_the_contract(contract: type, kind: type) -> None:
    assert verbs(kind) == verbs(contract)


def test_s3_has_those_of_blobs_and_the_grant() -> None:
    assert verbs(S3Blobs) == verbs(Blobs) | verbs(DirectBlobs)
