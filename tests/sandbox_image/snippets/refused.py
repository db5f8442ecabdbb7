"""What everyday code may try and cannot do behind the wall, on purpose; each with the reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    code: str
    error: str
    """In the error's text, as the code's author sees it."""
    reason: str


REFUSED = {
    "os_mkfifo": Refused(
        "import os\nos.mkfifo('/work/out/pipe')", "Operation not permitted", "mknod is refused; os.pipe works"
    ),
    "os_memfd_create": Refused(
        "import os\nos.memfd_create('x')",
        "Operation not permitted",
        "a file in memory could be executed; tempfile works",
    ),
    "run_a_program_that_was_written": Refused(
        "import pathlib, subprocess\n"
        "path = pathlib.Path('/tmp/tool')\n"
        "path.write_text('#!/bin/sh\\necho hi')\n"
        "path.chmod(0o755)\n"
        "subprocess.run([path], check=True)",
        "Permission denied",
        "every writable place is mounted noexec",
    ),
    "get_a_web_page": Refused(
        "import requests\nrequests.get('http://192.0.2.1/', timeout=5)",
        "ConnectionError",
        "the default policy has no network",
    ),
    "look_up_a_name": Refused(
        "import socket\nsocket.getaddrinfo('example.invalid', 80)", "gaierror", "there is no resolver inside"
    ),
    "netlink_socket": Refused(
        "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "Operation not permitted",
        "only UNIX and INET sockets are there; socket.if_nameindex needs this one",
    ),
    "large_shared_memory": Refused(
        "import mmap\nwith open('/dev/shm/large', 'wb') as file:\n    file.write(bytes(4 << 20))",
        "No space left on device",
        "/dev/shm holds 1 MiB: locks and queues, no arrays; mmap(-1, n) is not bound by it",
    ),
    "pip_install": Refused(
        "import pip",
        "No module named 'pip'",
        "nothing is installed at run time",
    ),
    "write_into_the_libraries": Refused(
        "import pandas, pathlib\n(pathlib.Path(pandas.__file__).parent / 'x.py').write_text('x')",
        "Read-only file system",
        "the image is read-only",
    ),
    "be_nicer_to_oneself": Refused("import os\nos.nice(-5)", "PermissionError", "no capability is left"),
}
