"""How is a worker started? `python -m worker`: a Celery worker with our settings."""

from __future__ import annotations

import sys

from worker.app import app, settings
from worker.settings import UnsafeSettingsError
from worker.start import check_start


def main() -> None:
    """Check what can be checked, then hand over to Celery."""
    try:
        check_start(settings)
    except UnsafeSettingsError as error:
        sys.exit(f"the worker does not start: {error}")
    name = f"sandglass@{settings.worker_name}"
    app.worker_main(["worker", "--pool=prefork", "-O", "fair", "--hostname", name, "--loglevel=WARNING"])


if __name__ == "__main__":
    main()
