"""What do Ollama and an OpenAI-compatible server look like on the wire, well and unwell?

A real HTTP server on loopback. The name of the model asked for picks how it behaves (`BEHAVIOURS`), so one
server serves all tests; `python -m tests.providers --port 11434` runs it for a demonstration by hand.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

BEHAVIOURS = {
    "good": "streams the reply, with token counts",
    "length": "stops in the middle, says it was the token limit",
    "whole": "answers in one piece, though it was asked to stream",
    "prose": "talks and writes no code",
    "slow": "says nothing for a minute",
    "drip": "says one letter every 50 ms, for ever",
    "busy": "429 with Retry-After: 0 at first, then good",
    "always-busy": "429 with Retry-After: 3600",
    "flaky": "500 at first, then good",
    "broken": "500 for ever",
    "locked": "401",
    "missing": "404",
    "redirect": "302 to elsewhere",
    "garbage": "200 and no protocol at all",
    "empty": "200 and an empty body",
    "cut": "ends the connection in the middle of the reply",
    "unfinished": "ends the stream in order, but without its end mark",
    "stream-error": "an error object in the middle of the stream",
    "huge-line": "10 MB in one line",
    "huge-stream": "10 MB in small chunks",
    "zipped": "a compressed reply",
    "obedient": "does what data tells it to (SAY<...>): lies, calls tools, gives its prompt away",
}
INPUT_TOKENS, OUTPUT_TOKENS = 21, 9


class ProviderServer(ThreadingHTTPServer):
    """Serves both protocols on one loopback port, in threads of its own."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.code = "```python\nresult = len(df)\n```"
        """Said to a prompt that asks for code."""
        self.words = "The computed result answers the question."
        """Said to a prompt that asks for words."""
        self.requests: list[dict[str, Any]] = []
        """Each request: path, headers (names in lower case), body."""
        self.bytes_sent = 0
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what several tests are about: no traceback for it."""

    def __enter__(self) -> ProviderServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ProviderServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append({"path": self.path, "headers": headers, "body": body})
        self._chat = _OllamaChat() if self.path == "/api/chat" else _OpenAIChat()
        if self.path not in ("/api/chat", "/v1/chat/completions"):
            return self._say(404, {"error": f"no {self.path} here"})
        model = body["model"]
        seen = sum(one["body"].get("model") == model for one in self.server.requests)
        handler = getattr(self, "_" + model.replace("-", "_"), None)
        if handler is None or model not in BEHAVIOURS:
            return self._missing(body, seen)
        return cast(None, handler(body, seen))

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    # the behaviours
    def _good(self, body: dict[str, Any], seen: int) -> None:
        self._stream(self._lines(_asks_for_words(body) and self.server.words or self.server.code))

    def _length(self, body: dict[str, Any], seen: int) -> None:
        self._stream(self._lines(self.server.code[:-8], finish="length"))

    def _whole(self, body: dict[str, Any], seen: int) -> None:
        self._say(200, self._chat.whole(_asks_for_words(body) and self.server.words or self.server.code))

    def _prose(self, body: dict[str, Any], seen: int) -> None:
        self._stream(self._lines("I am sorry, I would rather talk about the weather."))

    def _slow(self, body: dict[str, Any], seen: int) -> None:
        self.server.stopping.wait(60)

    def _drip(self, body: dict[str, Any], seen: int) -> None:
        def letters() -> Iterator[bytes]:
            while not self.server.stopping.wait(0.05):
                yield self._chat.piece("a")

        self._stream(letters())

    def _busy(self, body: dict[str, Any], seen: int) -> None:
        if seen == 1:
            return self._say(429, {"error": {"message": "slow down"}}, {"Retry-After": "0"})
        return self._good(body, seen)

    def _always_busy(self, body: dict[str, Any], seen: int) -> None:
        self._say(429, {"error": {"message": "slow down"}}, {"Retry-After": "3600"})

    def _flaky(self, body: dict[str, Any], seen: int) -> None:
        return self._broken(body, seen) if seen == 1 else self._good(body, seen)

    def _broken(self, body: dict[str, Any], seen: int) -> None:
        self._say(500, {"error": {"message": "out of memory"}})

    def _locked(self, body: dict[str, Any], seen: int) -> None:
        # Real servers echo (part of) the key: nothing of it may come out at our end.
        self._say(401, {"error": {"message": f"Incorrect API key: {self.headers.get('Authorization')}"}})

    def _missing(self, body: dict[str, Any], seen: int) -> None:
        self._say(404, {"error": {"message": f"model '{body['model']}' not found"}})

    def _redirect(self, body: dict[str, Any], seen: int) -> None:
        self._say(302, {}, {"Location": self.server.url + "/elsewhere"})

    def _garbage(self, body: dict[str, Any], seen: int) -> None:
        self._stream(iter([b"<html>It works!</html>\n", b"data: {]\n\n"]))

    def _empty(self, body: dict[str, Any], seen: int) -> None:
        self._stream(iter([]))

    def _cut(self, body: dict[str, Any], seen: int) -> None:
        self._stream(iter([self._chat.piece("result = ")]), end=False)

    def _unfinished(self, body: dict[str, Any], seen: int) -> None:
        self._stream(iter([self._chat.piece("result = ")]))

    def _stream_error(self, body: dict[str, Any], seen: int) -> None:
        self._stream(iter([self._chat.piece("result"), self._chat.error("the runner has died")]))

    def _huge_line(self, body: dict[str, Any], seen: int) -> None:
        def lines() -> Iterator[bytes]:
            head, tail = self._chat.piece("@").split(b"@")
            yield head
            yield from (b"x" * 10_000 for _ in range(1000))
            yield tail

        self._stream(lines())

    def _huge_stream(self, body: dict[str, Any], seen: int) -> None:
        self._stream(self._chat.piece("x" * 1000) for _ in range(10_000))

    def _zipped(self, body: dict[str, Any], seen: int) -> None:
        self._stream(iter([b"\x1f\x8b" + b"\0" * 100]), headers={"Content-Encoding": "gzip"})

    def _obedient(self, body: dict[str, Any], seen: int) -> None:
        if not _asks_for_words(body):
            return self._good(body, seen)
        prompt = "\n".join(str(message["content"]) for message in body["messages"])
        told = re.findall(r"SAY<(.*?)>SAY", prompt, re.DOTALL)
        words = " ".join(told).replace("PROMPT", prompt[:600]).replace("LIE", "42, or forty-two million")
        tool = self._chat.tool_call("run_shell", {"command": "env"}) if "TOOL" in words else b""
        return self._stream(chunk for chunk in (tool, *self._lines(words)) if chunk)

    # the wire
    def _lines(self, text: str, finish: str = "stop") -> Iterator[bytes]:
        for start in range(0, len(text), 12):
            yield self._chat.piece(text[start : start + 12])
        yield from self._chat.end(finish)

    def _say(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(
        self, pieces: Iterator[bytes], end: bool = True, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(200)
        self.send_header("Content-Type", self._chat.mime)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            for start in range(0, len(piece), 65536):
                part = piece[start : start + 65536]
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                self.server.bytes_sent += len(part)
        if end:
            self.wfile.write(b"0\r\n\r\n")
            return
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class _OllamaChat:
    mime = "application/x-ndjson"

    def tool_call(self, name: str, arguments: dict[str, str]) -> bytes:
        calls = [{"function": {"name": name, "arguments": arguments}}]
        return self._line(
            {"message": {"role": "assistant", "content": "", "tool_calls": calls}, "done": False}
        )

    def whole(self, text: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": text}
        return {"model": "m", "message": message, "done": True, "done_reason": "stop"}

    def piece(self, text: str) -> bytes:
        return self._line({"message": {"role": "assistant", "content": text}, "done": False})

    def error(self, text: str) -> bytes:
        return (json.dumps({"error": text}) + "\n").encode()

    def end(self, finish: str) -> Iterator[bytes]:
        counts = {"prompt_eval_count": INPUT_TOKENS, "eval_count": OUTPUT_TOKENS}
        last = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": finish}
        yield self._line({**last, **counts})

    def _line(self, fields: dict[str, Any]) -> bytes:
        return (json.dumps({"model": "m", "created_at": "2026-01-01T00:00:00Z", **fields}) + "\n").encode()


class _OpenAIChat:
    mime = "text/event-stream"

    def tool_call(self, name: str, arguments: dict[str, str]) -> bytes:
        function = {"name": name, "arguments": json.dumps(arguments)}
        calls = [{"index": 0, "id": "call_1", "type": "function", "function": function}]
        return self._event([{"index": 0, "delta": {"role": "assistant", "tool_calls": calls}}])

    def whole(self, text: str) -> dict[str, Any]:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}

    def piece(self, text: str) -> bytes:
        return self._event([{"index": 0, "delta": {"role": "assistant", "content": text}}])

    def error(self, text: str) -> bytes:
        return b"data: " + json.dumps({"error": {"message": text}}).encode() + b"\n\n"

    def end(self, finish: str) -> Iterator[bytes]:
        yield self._event([{"index": 0, "delta": {}, "finish_reason": finish}])
        counts = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS}
        yield self._event([], usage={**counts, "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS})
        yield b"data: [DONE]\n\n"

    def _event(self, choices: list[dict[str, Any]], **fields: Any) -> bytes:
        head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return b"data: " + json.dumps({**head, "choices": choices, **fields}).encode() + b"\n\n"


def _asks_for_words(body: dict[str, Any]) -> bool:
    return "plain sentences" in str(body["messages"][0]["content"])


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=11434)
    say: Callable[[str], object] = print
    with ProviderServer(parser.parse_args().port) as server:
        say(f"Ollama at {server.url}, OpenAI at {server.url}/v1; models: {', '.join(BEHAVIOURS)}")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
