"""What did one job's code spend on web requests, and what became of each: the budget and the audit."""

from __future__ import annotations

from policies.model import Egress
from store.records import WebRequest

RECORDS_KEPT = 1000


class Account:
    """Shared by all attempts and connections of one job."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._noted = 0
        self._requests = 0
        self.sent_bytes = 0
        self.received_bytes = 0
        self.records: list[WebRequest] = []
        """The first ones; those under way go on changing."""

    def admit(self) -> bool:
        """Count one more request; whether it is within the policy."""
        self._requests += 1
        return self._requests <= self._egress.requests

    def note(self, record: WebRequest) -> None:
        """Keep a request's record, if it is one of the first."""
        self._noted += 1
        if len(self.records) < RECORDS_KEPT:
            self.records.append(record)

    def grant_upload(self, count: int) -> int:
        """How many of `count` bytes may still go to a host; they are spent."""
        granted = min(count, self._egress.upload_bytes - self.sent_bytes)
        self.sent_bytes += granted
        return granted

    def grant_download(self, count: int) -> int:
        """How many of `count` bytes may still come from a host; they are spent."""
        granted = min(count, self._egress.download_bytes - self.received_bytes)
        self.received_bytes += granted
        return granted

    def notes(self) -> list[str]:
        """For the job's record: how many requests are not in it."""
        beyond = self._noted - len(self.records)
        return [f"web requests: {beyond:,} more than the {RECORDS_KEPT:,} listed"] if beyond else []
