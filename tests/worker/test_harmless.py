"""Is a job's record harmless to a terminal, and are its words to what renders Markdown or HTML?"""

import time
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from store.records import Attempt, Job, JobError, Request, Stream, WebRequest, utc_now
from store.sqlite import SqliteStore
from worker.harmless import harmless_changes, harmless_words
from worker.lease import Lease

EVIL = "http://evil.example/x"
HOSTILE = [
    f"![chart]({EVIL})",
    f"[here]({EVIL})",
    f"[![a]({EVIL})]({EVIL})",
    f"[a][b]\n\n[b]: {EVIL}",
    f"![a][b]\n\n[b]:\n{EVIL}",
    "[a]\n\n> [a]: /elsewhere",
    "- [x]: //evil.example\n\n[x]",
    f"<{EVIL}>",
    "<mailto:a@evil.example>",
    "<a@evil.example>",
    "<javascript:alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)",
    "<img src=x onerror=alert(1)>",
    "<IMG\nSRC=x\nONERROR=alert(1)>",
    "<svg/onload=alert(1)>",
    "<x onclick=alert(1)>",
    "<x style='background:url(//evil.example)'>",
    "a <!-- b --> c",
    "<![CDATA[<img src=x>]]>",
    "<?php ?>",
    "<style>@import '//evil.example';</style>",
    "<iframe srcdoc=x>",
    "</p><base href=//evil.example>",
    f"![a]\u200b({EVIL}) !\u202e[a]\x00({EVIL})",
    f"<\x1b[0mimg src={EVIL}>",
    f"```mermaid\nclick A '{EVIL}'\n```",
    f"`<img src={EVIL}>`",
    "a<b onclick=x c>",
]
# Careless on purpose: HTML gets through, and links to any scheme.
RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
RENDERER.validateLink = lambda url: True  # type: ignore[method-assign]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.harmful: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        valued = {name for name, value in attrs if value} - {"start", "class"}
        known = tag in {"a", "img", "script", "style", "svg", "iframe", "base", "form", "object", "embed"}
        if valued or known:
            self.harmful.append(self.get_starttag_text() or tag)

    def handle_comment(self, data: str) -> None:
        self.harmful.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def _harm_in(html: str) -> list[str]:
    tags = _Tags()
    tags.feed(html)
    tags.close()
    return tags.harmful


def _harm(text: str) -> list[str]:
    return _harm_in(RENDERER.render(text)) + _harm_in(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_judge_of_these_tests_sees_the_harm_that_is_then_gone(text: str) -> None:
    words = harmless_words(text)
    assert _harm(words) == []
    assert EVIL not in words
    assert harmless_words(words) == words
    unseen = ("mermaid", "CDATA", "\u200b", "\x1b", "a<b")
    assert _harm(text) or any(mark in text for mark in unseen)


def test_an_address_is_no_link_any_more_and_can_still_be_read() -> None:
    words = harmless_words("The top page is https://shop.example/a?b=1 (12), then www.shop.example.")
    assert words == "The top page is https:// shop.example/a?b=1 (12), then www. shop.example."
    assert harmless_words("javascript:alert(1) data:text/html,x") == "javascript: alert(1) data: text/html,x"


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d; 1<2; x <= y; <3",
        "NameError: name 'x' is not defined in <module>",
        "<class 'int'> is not <x>; see <ipython-input-1> or <stdin>, <lambda>",
        "<function f at 0x7f1c> and <__main__.Foo object at 0x7f>",
        "df['a']['b'] and result[0][1], [note] (see below)",
        "Total: 60.75, data: 5 rows. Ratio 3:1 at 12:30!",
        "C:\\data\\x.csv, /work/in/a.csv, a//b",
        "Größe 中文 العربية שלום 👩‍👩‍👧 – “quoted” … €5",  # noqa: RUF001
        "two\nlines\tand a tab",
    ],
)
def test_what_is_no_mark_up_stays_as_it_is(text: str) -> None:
    assert harmless_words(text) == text


_EVERYDAY = st.lists(
    st.sampled_from(
        "The total of revenue by category is 1,234.5 (12%) for Q3 2024: Toys & Food < 5 > 'x' [a] \"b\" "
        "price_usd = KeyError: df['a'] *bold* _x_ #1 ~ | a/b e.g. -3 <x> {k} @home $4 50% ? ! Łódź".split()
    ),
    max_size=30,
)


@given(_EVERYDAY)
def test_everyday_text_is_unchanged(words: list[str]) -> None:
    assert harmless_words(" ".join(words)) == " ".join(words)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "!", "[", "]", "(", ")", ":", "/", "//", "\\", "`", "'", '"', "=", " ", "\n", "&", "#"]
            + ["a", "x", "img", "script", "svg", "src", "onload", "http", "www.", "javascript", "data", "-"]
            + ["\x1b", "\u202e", "\u200b", "\x00", "\r", "&lt;", "&colon;", "@", ".", "?", "\ud800", "\u061c"]
        ),
        max_size=40,
    ).map("".join)
)
@example("<x\x1b[mimg src=//a>")
def test_no_text_renders_to_harm_and_twice_is_once(text: str) -> None:
    words = harmless_words(text)
    assert harmless_words(words) == words
    assert _harm(words) == []
    words.encode()


@pytest.mark.parametrize(
    "piece",
    ["<", "<a", "<x ", "![", "[a](", "]:", "://", "www.", "\x1b]", "\x1b[", "\u202e", "javascript:a", "<x>"],
)
def test_megabytes_take_no_more_than_their_length(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    harmless_words(text)
    assert time.process_time() - started < 3


ESCAPE = "\x1b]8;;http://x\x07a\x1b[31mb\u202ec\x9b"


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in _strings(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in _strings(part)]
    return _strings(value.model_dump()) if hasattr(value, "model_dump") else []


def test_every_field_of_a_record_is_plain_but_the_code_that_ran() -> None:
    changes: dict[str, Any] = {
        "answer": ESCAPE,
        "understood": ESCAPE,
        "planner": ESCAPE,
        "notes": [ESCAPE],
        "error": JobError(code="code_error", message=ESCAPE, suggestions=[ESCAPE]),
        "stdout": Stream(text=ESCAPE, bytes=9),
        "result": {"type": "table", "value": {"columns": [ESCAPE], "rows": [[ESCAPE, 1, None, 2.5]]}},
        "artifacts": [{"name": ESCAPE, "mime": ESCAPE, "size_bytes": 3}],
        "attempts": [Attempt(number=1, outcome="code_error", error=ESCAPE)],
        "egress": [WebRequest(attempt=1, host=ESCAPE, allowed=False, reason=ESCAPE)],
        "usage": {ESCAPE: ESCAPE},
    }
    kept = harmless_changes(changes)
    assert {text for text in _strings(list(kept.values())) if not text.isprintable()} == set()
    assert kept["stdout"] == Stream(text="abc", bytes=9)
    assert kept["result"]["value"]["rows"] == [["abc", 1, None, 2.5]]
    assert isinstance(kept["error"], JobError)


def test_the_code_that_ran_is_kept_byte_for_byte() -> None:
    code = "x = '\x1b[31m <b> [a](http://x)'"
    kept = harmless_changes({"code": code, "attempts": [Attempt(number=1, outcome="ok", code=code)]})
    assert kept["code"] == kept["attempts"][0].code == code


def test_mark_up_is_broken_in_words_and_kept_in_results() -> None:
    link = f"[x]({EVIL}) <b>"
    error = JobError(code="bad_file", message=link, suggestions=[link])
    fields: dict[str, Any] = {"answer": link, "understood": link, "notes": [link], "error": error}
    kept = harmless_changes({**fields, "result": {"type": "text", "value": link}})
    assert [text for text in _strings([kept[name] for name in fields]) if EVIL in text or "<b>" in text] == []
    assert kept["result"]["value"] == link


async def test_whatever_is_written_under_a_lease_is_kept_harmless(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    try:
        await store.insert_job(Job(task_id="j", tenant_id="t", kind="execute", request=Request(code="1")))
        job = await store.claim_job("t", "j", "me", utc_now() + timedelta(seconds=60))
        assert job is not None
        lease = Lease(store, job, "me", 60)
        await lease.write(stage="running", understood=ESCAPE + " <b>")
        assert await lease.finish(state="failed", answer=f"![x]({EVIL})", stdout=Stream(text=ESCAPE))
        kept = await store.get_job("t", "j")
    finally:
        await store.close()
    assert kept is not None
    assert (kept.understood, kept.answer) == ("abc < b>", "! [x] (http:// evil.example/x)")
    assert kept.stdout.text == "abc"
