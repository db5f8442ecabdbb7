"""What is the Celery application: its broker, its queue, and what each process does at its start and end."""

from __future__ import annotations

from typing import Any

from celery import Celery
from celery.signals import (
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
)

from worker.logs import configure_logs
from worker.metrics.serve import WorkerMetrics
from worker.process import begin_process, end_process
from worker.publish import QUEUE
from worker.reaper import Reaper
from worker.settings import Settings
from worker.start import check_start_or_exit, settings_or_exit


def make_app(settings: Settings) -> Celery:
    """Celery as DESIGN says: prefork, late acknowledgement, one job at a time, JSON only, no results kept."""
    app = Celery("sandglass", broker=settings.redis_url, include=["worker.tasks"])
    app.conf.update(
        task_default_queue=QUEUE,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        result_backend=None,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=settings.hard_seconds,
        worker_prefetch_multiplier=1,
        worker_concurrency=settings.concurrency,
        worker_hijack_root_logger=False,
        worker_send_task_events=settings.task_events,
        # Who reaches Redis could stop, shrink and deafen workers by it; nothing of ours asks for it.
        worker_enable_remote_control=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": settings.visibility_seconds},
    )
    return app


settings = settings_or_exit()
app = make_app(settings)
_reaper = Reaper(settings)
_metrics = WorkerMetrics(settings)


@worker_init.connect
def _check(**_: Any) -> None:
    configure_logs()
    # For `celery -A worker.app`, which does not come by `worker.__main__`.
    check_start_or_exit(settings)
    _metrics.open()


@worker_ready.connect
def _start_threads(**_: Any) -> None:
    _metrics.serve()
    _reaper.start()


@worker_shutdown.connect
def _stop_threads(**_: Any) -> None:
    _reaper.stop()
    _metrics.close()


@worker_process_init.connect
def _begin(**_: Any) -> None:
    configure_logs()
    _metrics.begin_process()
    begin_process(settings)


@worker_process_shutdown.connect
def _end(**_: Any) -> None:
    end_process()
