"""Which fields are kept as JSON text, and what an older version reads."""

from __future__ import annotations

import types
from datetime import datetime
from typing import Any, Literal, Union, get_args, get_origin

import pytest

from store.documents import JSON_FIELDS, OPEN_FIELDS, from_document, from_json, to_document, to_json
from store.records import ApiKey, Artifact, Job, Record, Session, StoredFile, Table, UploadGrant
from tests.store import make


def plain(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, types.UnionType):
        return all(plain(part) for part in get_args(annotation))
    if get_origin(annotation) is Literal:
        return True
    return annotation in (str, int, bool, datetime, type(None))


@pytest.mark.parametrize("kind", [Session, StoredFile, Table, Job, Artifact, ApiKey, UploadGrant])
def test_every_field_that_is_not_plain_is_kept_as_json_text(kind: type[Record]) -> None:
    nested = {name for name, field in kind.model_fields.items() if not plain(field.annotation)}
    assert nested == JSON_FIELDS.get(kind, frozenset())


def test_open_fields_are_fields() -> None:
    assert OPEN_FIELDS <= Job.model_fields.keys()


def test_a_newer_versions_field_is_left_out() -> None:
    job = make.job()
    assert from_document(Job, to_document(job) | {"_id": job.task_id, "later": 1}) == job
    assert from_json(Job, to_json(job).replace("{", '{"later":1,', 1)) == job
