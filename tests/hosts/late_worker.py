"""`python -m worker` on a host whose clock is ahead: the first argument says by how many seconds."""

import runpy
import sys
import time
from datetime import datetime, timedelta

import store.records

AHEAD_SECONDS = float(sys.argv.pop(1))
_true_now, _true_time = store.records.utc_now, time.time


def _now() -> datetime:
    return _true_now() + timedelta(seconds=AHEAD_SECONDS)


# Before anything else of ours is imported, as all take it from there by name.
store.records.utc_now = _now
time.time = lambda: _true_time() + AHEAD_SECONDS
runpy.run_module("worker", run_name="__main__")
