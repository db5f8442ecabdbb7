"""How is a worker started? `python -m worker`: a Celery worker with our settings."""

from __future__ import annotations

from worker.app import app, settings
from worker.logs import configure_logs
from worker.start import check_start_or_exit, wait_or_exit


def main() -> None:
    """Check what can be checked before Celery says anything, then hand over to it."""
    check_start_or_exit(settings)
    configure_logs()
    wait_or_exit(settings)
    name = f"sandglass@{settings.worker_name}"
    # Workers need nothing of each other: the store says whose a job is.
    alone = ["--without-gossip", "--without-mingle"]
    app.worker_main(
        ["worker", "--pool=prefork", "-O", "fair", "--hostname", name, "--loglevel=WARNING", *alone]
    )


if __name__ == "__main__":
    main()
