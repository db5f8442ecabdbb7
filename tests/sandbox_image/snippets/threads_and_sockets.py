"""Threads, subprocesses, sockets and event loops of the standard library."""

SNIPPETS = {
    "thread_pool_executor_map": """
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(8) as pool:
    assert sum(pool.map(lambda n: n * 2, range(100))) == 9900
""",
    "thread_pool_as_completed": """
from concurrent.futures import ThreadPoolExecutor, as_completed

with ThreadPoolExecutor(4) as pool:
    futures = {pool.submit(pow, n, 2): n for n in range(5)}
    found = {futures[future]: future.result() for future in as_completed(futures, timeout=20)}
assert found == {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}
""",
    "threads_with_a_lock": """
import threading

lock, total = threading.Lock(), []


def work():
    for n in range(50):
        with lock:
            total.append(n)


threads = [threading.Thread(target=work) for _ in range(10)]
[thread.start() for thread in threads]
[thread.join(20) for thread in threads]
assert len(total) == 500
""",
    "threads_with_a_queue": """
import queue, threading

todo, done = queue.Queue(), queue.Queue()


def work():
    while (item := todo.get()) is not None:
        done.put(item + 1)


thread = threading.Thread(target=work)
thread.start()
for item in (1, 2, 3, None):
    todo.put(item)
thread.join(20)
assert [done.get() for _ in range(3)] == [2, 3, 4]
""",
    "threads_timer_and_condition": """
import threading

fired = threading.Event()
threading.Timer(0.01, fired.set).start()
assert fired.wait(20)
""",
    "threads_local_and_barrier": """
import threading

barrier, local, seen = threading.Barrier(3), threading.local(), []


def work(n):
    local.n = n
    barrier.wait(20)
    seen.append(local.n)


threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
[thread.start() for thread in threads]
[thread.join(20) for thread in threads]
assert sorted(seen) == [0, 1, 2]
""",
    "subprocess_run_captures_output": """
import subprocess

done = subprocess.run(["echo", "hello"], capture_output=True, text=True, check=True)
assert done.stdout == "hello\\n"
""",
    "subprocess_shell_pipeline": """
import subprocess

assert subprocess.check_output("printf 'b\\\\na\\\\n' | sort", shell=True, text=True) == "a\\nb\\n"
""",
    "subprocess_input_and_exit_code": """
import subprocess

done = subprocess.run(["sh", "-c", "read x; test $x = yes"], input="yes\\n", text=True)
assert done.returncode == 0
""",
    "subprocess_popen_streams": """
import subprocess

process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
said, _ = process.communicate("line\\n", timeout=20)
assert said == "line\\n" and process.returncode == 0
""",
    "subprocess_timeout": """
import subprocess

try:
    subprocess.run(["sleep", "20"], timeout=0.1)
except subprocess.TimeoutExpired:
    ended = True
assert ended
""",
    "subprocess_python": """
import subprocess, sys

done = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True)
assert done.stdout.strip() == "42", done.stderr
""",
    "os_fork_and_wait": """
import os

pid = os.fork()
if pid == 0:
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
""",
    "os_pipe_and_poll": """
import os, select

read, write = os.pipe()
os.write(write, b"x")
poll = select.poll()
poll.register(read, select.POLLIN)
assert poll.poll(1000) == [(read, select.POLLIN)]
""",
    "os_posix_spawn": """
import os

pid = os.posix_spawn("/bin/true", ["true"], {})
assert os.waitpid(pid, 0)[1] == 0
""",
    "signal_alarm_interrupts": """
import signal, time


def ring(*_):
    raise TimeoutError("rang")


signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    time.sleep(20)
except TimeoutError as error:
    said = str(error)
assert said == "rang"
""",
    "selectors_on_a_socket_pair": """
import selectors, socket

left, right = socket.socketpair()
with selectors.DefaultSelector() as selector:
    selector.register(right, selectors.EVENT_READ)
    left.sendall(b"hi")
    assert [key.fileobj.recv(2) for key, _ in selector.select(5)] == [b"hi"]
""",
    "loopback_tcp_server": """
import socket, threading

server = socket.create_server(("127.0.0.1", 0))


def serve():
    connection, _ = server.accept()
    with connection:
        connection.sendall(connection.recv(16).upper())


thread = threading.Thread(target=serve)
thread.start()
with socket.create_connection(server.getsockname(), timeout=10) as client:
    client.sendall(b"ping")
    said = client.recv(16)
thread.join(20)
assert said == b"PING"
""",
    "http_server_on_loopback": """
import http.server, threading, urllib.request


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"fine")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
body = opener.open(f"http://127.0.0.1:{server.server_port}/", timeout=10).read()
server.shutdown()
assert body == b"fine"
""",
    "asyncio_run_and_gather": """
import asyncio


async def twice(n):
    await asyncio.sleep(0.001)
    return n * 2


async def main():
    return await asyncio.gather(*(twice(n) for n in range(5)))


assert asyncio.run(main()) == [0, 2, 4, 6, 8]
""",
    "asyncio_subprocess": """
import asyncio


async def main():
    process = await asyncio.create_subprocess_exec("echo", "hi", stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    return said


assert asyncio.run(main()) == b"hi\\n"
""",
    "asyncio_queue_and_tasks": """
import asyncio


async def main():
    queue, seen = asyncio.Queue(), []

    async def work():
        while True:
            seen.append(await queue.get())
            queue.task_done()

    task = asyncio.create_task(work())
    for n in range(4):
        queue.put_nowait(n)
    await queue.join()
    task.cancel()
    return seen


assert asyncio.run(main()) == [0, 1, 2, 3]
""",
    "asyncio_to_thread_and_timeout": """
import asyncio


async def main():
    value = await asyncio.to_thread(sum, [1, 2, 3])
    try:
        await asyncio.wait_for(asyncio.sleep(20), 0.01)
    except TimeoutError:
        return value


assert asyncio.run(main()) == 6
""",
}
