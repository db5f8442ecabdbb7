"""What the probes use inside the sandbox, as text that is put before their code."""

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

'''
