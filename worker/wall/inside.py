"""What do the probes use inside the sandbox? Text that is put before their code."""

from __future__ import annotations

PRELUDE = '''
import ctypes, errno, os, signal, socket, stat, sys, time

def apart(work):
    """What work() gives, from a forked process: its text, or how the process died."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, str(work()).encode())
        finally:
            os._exit(0)
    os.close(write)
    text = b""
    while data := os.read(read, 65536):
        text += data
    os.close(read)
    status = os.waitpid(pid, 0)[1]
    return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else text.decode()

def call(number, *arguments):
    """A system call in a forked process: "ok", or the name of its error."""
    def work():
        libc = ctypes.CDLL(None, use_errno=True)
        given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
        done = libc.syscall(ctypes.c_long(number), *given)
        return "ok" if done >= 0 else errno.errorcode.get(ctypes.get_errno())
    return apart(work)

def tried(action, *arguments):
    """"ok", or the name of the error that action raises."""
    try:
        action(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    return "ok"

def opened(path, mode="rb"):
    def work():
        with open(path, mode) as file:
            if "r" in mode: file.read(64)
    return tried(work)

def reached(family, kind, address):
    with socket.socket(family, kind) as sock:
        sock.settimeout(2)
        return tried(lambda: (sock.connect(address), sock.send(b"x")))

def others():
    return [int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]

def walk(*tops):
    """Every (folder, names of files) below, without /proc and /sys."""
    for top in tops:
        for folder, folders, files in os.walk(top):
            folders[:] = [f for f in folders if os.path.join(folder, f) not in ("/proc", "/sys")]
            yield folder, files

def everything():
    """All text that code can get at: environment, other processes, files."""
    yield repr(dict(os.environ))
    for p in os.listdir("/proc"):
        for n in ("environ", "cmdline", "cgroup", "mountinfo", "maps", "comm"):
            try: yield open(f"/proc/{p}/{n}", errors="replace").read()
            except OSError: pass
    tops = "/etc", "/run", "/tmp", "/work", "/home", "/root", "/var", "/dev/shm", "/usr/local/share"
    for folder, files in walk(*tops):
        for name in files:
            yield name
            try: yield open(os.path.join(folder, name), errors="replace").read(1 << 20)
            except OSError: pass

'''

CHANNEL = """
from sandbox_image.frames import FrameWriter
def channels():
    for n in os.listdir('/proc/self/fd'):
        try:
            if int(n) > 2 and os.readlink(f'/proc/self/fd/{n}').startswith('socket:'): yield int(n)
        except OSError: pass
channel, writer = next(channels()), FrameWriter(b'S')
def say(header, blob=b''): os.write(channel, writer.encode(header, blob))
"""
"""For probes that speak on the channel between the code's process and the runner."""
