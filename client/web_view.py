"""How do the web requests of a task look in a terminal?"""

from __future__ import annotations

from typing import Any

from rich.text import Text

_SHOWN = 20


def web_lines(record: dict[str, Any]) -> list[str]:
    """One line for each web request: what was asked for, and what became of it. Not yet cleaned."""
    requests = [item for item in record.get("egress") or [] if isinstance(item, dict)]
    lines = [_line(item) for item in requests[:_SHOWN]]
    return [*lines, f"... {len(requests) - _SHOWN:,} more web requests"] if len(requests) > _SHOWN else lines


def web_text(lines: list[str]) -> Text | None:
    """The lines, dim; None: there are none."""
    return Text("\n".join(lines), style="dim") if lines else None


def _line(item: dict[str, Any]) -> str:
    port = f":{item['port']}" if item.get("port") else ""
    url = f"{item.get('scheme', 'http')}://{item.get('host')}{port}"
    where = url if item.get("host") else "a request that was none"
    word = "web" if item.get("allowed") else "web, refused"
    reason = f" ({item['reason']})" if item.get("reason") else ""
    sent, received = item.get("sent_bytes") or 0, item.get("received_bytes") or 0
    counted = f": {sent:,} bytes sent, {received:,} received" if item.get("allowed") else ""
    return f"{word}: {where}{counted}{reason}"
