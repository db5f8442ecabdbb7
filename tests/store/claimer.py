"""A process that claims one job many times at once: `claimer.py URL TENANT TASK NAME COUNT`."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from store.open import open_store
from store.records import utc_now


async def main(url: str, tenant_id: str, task_id: str, name: str, count: str) -> None:
    store = open_store(url)
    await store.open()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()  # all processes start when the test says so
    owners = [f"{name}-{number}" for number in range(int(count))]
    until = utc_now() + timedelta(seconds=60)
    claims = await asyncio.gather(*(store.claim_job(tenant_id, task_id, owner, until) for owner in owners))
    await store.close()
    sys.stdout.write(" ".join(job.lease_owner or "" for job in claims if job is not None))


asyncio.run(main(*sys.argv[1:]))
