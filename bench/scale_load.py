"""How many requests a second does a gateway answer? Clients are processes, with a connection each."""

from __future__ import annotations

import http.client
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.errors import BenchError
from bench.samples import Sample

_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Shot:
    """A request that is sent again and again."""

    method: str
    path: str
    status: int
    body: bytes = b""
    content_type: str = "application/json"


def fire(url: str, key: str, shot: Shot, clients: int, seconds: float) -> Sample:
    """So many clients at once, each sending its next request when the last is answered.

    Raises:
        BenchError: An answer has another status, or a client failed.
    """
    with _CONTEXT.Pool(clients) as pool:
        # All are there before the first begins.
        pool.map(time.sleep, [0.2] * clients, chunksize=1)
        begin = time.time() + 0.2
        found = pool.starmap(_fire_one, [(url, key, shot, begin, seconds)] * clients, chunksize=1)
    if wrong := [one for one in found if isinstance(one, str)]:
        raise BenchError(f"{shot.method} {shot.path}: {wrong[0]}")
    times = [took for one in found for took in one if isinstance(took, float)]
    return Sample(tuple(times), seconds)


def _fire_one(url: str, key: str, shot: Shot, begin: float, seconds: float) -> Sequence[float] | str:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    headers = {"Authorization": f"Bearer {key}"}
    if shot.body:
        headers["Content-Type"] = shot.content_type
    times: list[float] = []
    time.sleep(max(0.0, begin - time.time()))
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        connection.request(shot.method, shot.path, body=shot.body or None, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != shot.status:
            return f"{answer.status}, not {shot.status}: {text[:200]!r}"
        times.append(time.perf_counter() - started)
    connection.close()
    return times
