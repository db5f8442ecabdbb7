"""Which tables and indexes does the SQLite store have?"""

from __future__ import annotations

_FIRST = """
CREATE TABLE sessions (seq INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL, created_at INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX sessions_newest ON sessions (tenant_id, created_at, seq);
CREATE TABLE files (seq INTEGER PRIMARY KEY AUTOINCREMENT, file_id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL, session_id TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX files_of_session ON files (tenant_id, session_id, seq);
CREATE TABLE tables (seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL,
    session_id TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, doc TEXT NOT NULL,
    UNIQUE (tenant_id, session_id, name));
CREATE TABLE jobs (seq INTEGER PRIMARY KEY AUTOINCREMENT, task_id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL, session_id TEXT, state TEXT NOT NULL, created_at INTEGER NOT NULL,
    published_at INTEGER, lease_owner TEXT, lease_until INTEGER, idempotency_key TEXT, doc TEXT NOT NULL);
CREATE UNIQUE INDEX jobs_once ON jobs (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_of_session ON jobs (tenant_id, session_id, created_at, seq);
CREATE INDEX jobs_live ON jobs (state, tenant_id) WHERE state IN ('queued', 'running');
CREATE TABLE artifacts (seq INTEGER PRIMARY KEY AUTOINCREMENT, artifact_id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL, task_id TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX artifacts_of_job ON artifacts (tenant_id, task_id);
CREATE TABLE keys (seq INTEGER PRIMARY KEY AUTOINCREMENT, key_id TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL UNIQUE, doc TEXT NOT NULL)
"""
_ANSWERS_AND_APPROVALS = """
ALTER TABLE jobs ADD COLUMN answer_key TEXT;
ALTER TABLE jobs ADD COLUMN finished_at INTEGER;
ALTER TABLE jobs ADD COLUMN awaiting_since INTEGER;
DROP INDEX jobs_live;
CREATE INDEX jobs_live ON jobs (state, tenant_id) WHERE state IN ('queued', 'running', 'awaiting_approval');
CREATE INDEX jobs_by_answer ON jobs (tenant_id, answer_key, finished_at) WHERE answer_key IS NOT NULL
"""
_UPLOADS = """
CREATE TABLE uploads (seq INTEGER PRIMARY KEY AUTOINCREMENT, upload_id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL, expires_at INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX uploads_of_tenant ON uploads (tenant_id);
CREATE INDEX uploads_to_sweep ON uploads (expires_at)
"""
MIGRATIONS = (_FIRST, _ANSWERS_AND_APPROVALS, _UPLOADS)
"""The statements that make a file of version n (an empty one is 0) into n + 1, split at `;`."""
