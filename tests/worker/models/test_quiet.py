"""Does LangChain import late, and send nothing but to the model?"""

import os
import subprocess
import sys

_PROGRAM = """
import asyncio, os, sys
import worker.analysis.answer, worker.models.choose
early = [name for name in sys.modules if name.startswith(("langchain", "openai", "ollama"))]
assert not early, early
from tests.providers import ProviderServer
from worker.models.base import Message
from worker.models.ollama import OllamaModel
from worker.models.openai import OpenAIModel

dialled = []
def note(event, arguments):
    if event == "socket.connect":
        dialled.append(arguments[1][:2])
    if event == "socket.getaddrinfo":
        dialled.append((arguments[0], arguments[1]))
sys.addaudithook(note)

async def main():
    with ProviderServer() as server:
        models = OpenAIModel("good", base_url=server.url + "/v1"), OllamaModel("good", base_url=server.url)
        for model in models:
            await model.complete([Message("user", "hi")], max_output_tokens=9, timeout_seconds=60)
        return server.server_address[1]

port = asyncio.run(main())
others = [to for to in dialled if to != ("127.0.0.1", port)]
assert len(dialled) >= 2 and not others, others
assert os.environ["LANGSMITH_TRACING"] == "false"
print("quiet")
"""


def test_no_tracing_no_gateway_no_download_and_a_late_import() -> None:
    loud = {
        "LANGSMITH_TRACING": "true",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_API_KEY": "lsv2_x",
        "LANGSMITH_GATEWAY": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={**os.environ, **loud},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.stdout, done.returncode) == ("quiet\n", 0), done.stderr
