"""What does a real Chromium do with each address? Run as a program, so that whatever hangs can be killed.

Reads `{visits: [{name, url}], headers, downloads}` from stdin; prints one JSON line for each visit.
A download is known by its event, its bytes by looking into the folder: Playwright's own ways of waiting for
one have no bound. Whoever runs this program bounds it as a whole.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Download, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

CHROMIUM = "/usr/bin/chromium"
NO_TRAFFIC = ["--disable-background-networking", "--disable-component-update", "--disable-domain-reliability"]
ARGUMENTS = [
    *NO_TRAFFIC,
    "--no-first-run",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
STEP_MS = 10_000
PR_SET_CHILD_SUBREAPER = 36
SETTLE_SECONDS = 0.4
"""For a script to run and send its request: those of the test's own controls take some 20 ms."""
SAVE_SECONDS = 3.0


def main() -> None:
    """Visit all, one page each."""
    # The browser's orphans stay below this program, where they can be found and killed.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    plan = json.load(sys.stdin)
    folder = Path(plan["downloads"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, downloads_path=folder, timeout=30_000
        )
        context = browser.new_context(extra_http_headers=plan["headers"], accept_downloads=True)
        context.set_default_timeout(STEP_MS)
        for visit in plan["visits"]:
            sys.stdout.write(json.dumps(_visit(context, folder, visit)) + "\n")
            sys.stdout.flush()
        browser.close()
    _reap()


def _reap() -> None:
    deadline = time.monotonic() + 2
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.02)


def _visit(context: BrowserContext, folder: Path, visit: dict[str, str]) -> dict[str, Any]:
    seen: dict[str, Any] = {"name": visit["name"], "dialogs": 0, "download": None, "saved": None, "error": ""}
    downloads: list[Download] = []
    before = set(folder.iterdir())
    page = context.new_page()

    def dismiss(dialog: Any) -> None:
        seen["dialogs"] += 1
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("download", lambda download: downloads.append(download))
    try:
        page.goto(visit["url"], wait_until="load")
    except BrowserError as error:
        seen["error"] = error.message
    page.wait_for_timeout(SETTLE_SECONDS * 1000)
    if downloads:
        seen["download"] = downloads[0].suggested_filename
        seen["saved"] = _saved(page, folder, before)
    seen["text"] = page.evaluate("document.documentElement?.textContent ?? ''")[:20_000]
    seen["scripts_ran"] = page.evaluate("window.ran === true")
    page.close()
    return seen


def _saved(page: Page, folder: Path, before: set[Path]) -> str | None:
    """The bytes of what came into the folder, as hex; None: Chromium holds it back."""
    deadline = time.monotonic() + SAVE_SECONDS
    while time.monotonic() < deadline:
        for path in set(folder.iterdir()) - before:
            if path.suffix != ".crdownload" and path.stat().st_size:
                return path.read_bytes().hex()
        page.wait_for_timeout(50)
    return None


if __name__ == "__main__":
    main()
