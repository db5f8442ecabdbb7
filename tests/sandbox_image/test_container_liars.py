"""In a real container: a lie of the code ends its process; a wrong frame of the worker ends the runner."""

import pytest

from tests.sandbox_image.sandbox_process import OUTPUT, SandboxProcess

pytestmark = pytest.mark.engine
LIE = """
import hashlib, os, struct, time
def say(sequence, header, blob=b""):
    body = struct.pack(">II", len(header), len(blob)) + header + blob
    said = b"S" + sequence.to_bytes(8, "big") + body
    data = memoryview(body + hashlib.blake2b(said, key=bytes(32), digest_size=16).digest())
    for name in os.listdir("/proc/self/fd"):
        try:
            if int(name) > 2 and os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                while data:
                    data = data[os.write(int(name), data):]
                return
        except FileNotFoundError:
            pass
"""
LIES = {
    "a list as type": """say(0, b'{"type":"result","result":{"type":["table"],"value":1}}')""",
    "an object as type": """say(0, b'{"type":"result","result":{"type":{"a":1},"value":1}}')""",
    "NaN": """say(0, b'{"type":"result","result":{"type":"scalar","value":NaN}}')""",
    "1e400": """say(0, b'{"type":"result","result":{"type":"scalar","value":1e400}}')""",
    "a role that is nested": """
role = "[" * 900 + "1" + "]" * 900
say(0, ('{"type":"file","name":"figure-1.png","size":1,"role":' + role + '}').encode())""",
    "a result that is nested": """
value = "[" * 900 + "1" + "]" * 900
say(0, ('{"type":"result","result":{"type":"json","value":' + value + '}}').encode())""",
    "an error without text": """say(0, b'{"type":"error","name":[1]}')""",
    "half of a frame, then the end": """os.closerange(3, 100)""",
    "names of megabytes": """
for at in range(50):
    say(at, ('{"type":"dropped","reason":"x","name":"' + "a" + chr(0x301) * 900_000 + '"}').encode())
say(50, b'{"type":"end"}')""",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lie_ends_the_process_that_told_it_and_the_next_run_works(
    shared_sandbox: SandboxProcess, lie: str
) -> None:
    ran = shared_sandbox.run(f"{LIE}\n{lie}\ntime.sleep(60)", wall_seconds=20)
    assert ran.status == "killed"
    assert ran.seconds < 15
    assert ran.result is None
    assert shared_sandbox.run("result = 6 * 7").result == {"type": "scalar", "value": 42}


def test_a_wrong_frame_of_the_worker_s_ends_the_runner_with_70_and_one_line(
    own_sandbox: SandboxProcess,
) -> None:
    wrong = {"attempt": 1, "language": "python", "code": "1", "tables": [], "output": OUTPUT}
    own_sandbox.send({"type": "run", "wall_seconds": 10**400, **wrong})
    assert own_sandbox.process.wait(30) == 70
    assert own_sandbox.process.stderr is not None
    (line,) = own_sandbox.process.stderr.read().splitlines()
    assert b"wall_seconds" in line


def test_a_process_that_cannot_even_report_shows_no_traceback_of_ours(shared_sandbox: SandboxProcess) -> None:
    ran = shared_sandbox.run("import builtins\nbuiltins.type = builtins.isinstance = None\n1 / 0")
    assert (ran.status, ran.end["exit_code"]) == ("killed", 1)
    assert b"sandbox_image" not in ran.stderr
    assert shared_sandbox.run("result = 6 * 7").result == {"type": "scalar", "value": 42}
