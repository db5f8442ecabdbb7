"""What does stock Open Interpreter say to `print(1)`? Its chunks, as JSON, between two marks."""

import json

from interpreter import OpenInterpreter

interpreter = OpenInterpreter(disable_telemetry=True, offline=True)
chunks = interpreter.computer.run("python", "print(1)")
print("chunks:" + json.dumps(chunks), flush=True)
interpreter.computer.terminate()
