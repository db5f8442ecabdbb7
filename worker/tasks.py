"""What does Celery call? One task: run the job with this id."""

from __future__ import annotations

from worker.app import app
from worker.process import current
from worker.publish import TASK


@app.task(name=TASK)
def run_job(tenant_id: str, task_id: str) -> None:
    """Claim the job and see it to its end; a duplicate delivery claims nothing and returns."""
    current().run_job(tenant_id, task_id)
