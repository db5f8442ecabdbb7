"""How does the worker log? One JSON object a line, on stderr."""

from __future__ import annotations

import logging
import sys
from typing import TextIO, cast

import structlog

from store.log_stream import LogStream


def configure_logs(level: int = logging.INFO) -> None:
    """Set structlog up; may be called more than once."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, LogStream(sys.stderr))),
        cache_logger_on_first_use=True,
    )
