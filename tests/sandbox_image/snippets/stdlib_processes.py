"""Processes of the standard library."""

SNIPPETS = {
    "multiprocessing_pool_map": """
import multiprocessing


def square(number):
    return number * number


with multiprocessing.Pool(3) as pool:
    squares = pool.map(square, range(8))
assert squares == [0, 1, 4, 9, 16, 25, 36, 49]
""",
    "multiprocessing_pool_starmap": """
import multiprocessing

with multiprocessing.Pool(2) as pool:
    assert pool.starmap(pow, [(2, 5), (3, 2)]) == [32, 9]
""",
    "multiprocessing_pool_imap_unordered": """
import multiprocessing

with multiprocessing.Pool(2) as pool:
    assert sorted(pool.imap_unordered(abs, [-3, 1, -2])) == [1, 2, 3]
""",
    "multiprocessing_pool_apply_async": """
import multiprocessing

with multiprocessing.Pool(2) as pool:
    assert pool.apply_async(sum, ([1, 2, 3],)).get(timeout=20) == 6
""",
    "multiprocessing_process_and_queue": """
import multiprocessing

queue = multiprocessing.Queue()
process = multiprocessing.Process(target=queue.put, args=("hello",))
process.start()
said = queue.get(timeout=20)
process.join(20)
assert (said, process.exitcode) == ("hello", 0)
""",
    "multiprocessing_pipe": """
import multiprocessing

here, there = multiprocessing.Pipe()


def answer(end):
    end.send(end.recv() * 2)


process = multiprocessing.Process(target=answer, args=(there,))
process.start()
here.send(21)
assert here.recv() == 42
process.join(20)
""",
    "multiprocessing_shared_value_and_lock": """
import multiprocessing

counter = multiprocessing.Value("i", 0)


def add():
    for _ in range(100):
        with counter.get_lock():
            counter.value += 1


processes = [multiprocessing.Process(target=add) for _ in range(3)]
[process.start() for process in processes]
[process.join(20) for process in processes]
assert counter.value == 300
""",
    "multiprocessing_array": """
import multiprocessing

array = multiprocessing.Array("d", [1.0, 2.0, 3.0])


def double():
    for at in range(len(array)):
        array[at] *= 2


process = multiprocessing.Process(target=double)
process.start()
process.join(20)
assert array[:] == [2.0, 4.0, 6.0]
""",
    "multiprocessing_event_and_barrier": """
import multiprocessing

event = multiprocessing.Event()
process = multiprocessing.Process(target=event.set)
process.start()
assert event.wait(20)
process.join(20)
""",
    "multiprocessing_semaphore": """
import multiprocessing

semaphore = multiprocessing.Semaphore(2)
assert semaphore.acquire() and semaphore.acquire()
assert not semaphore.acquire(block=False)
""",
    "multiprocessing_manager_dict": """
import multiprocessing


def note(shared, key):
    shared[key] = key * 10


with multiprocessing.Manager() as manager:
    shared = manager.dict()
    processes = [multiprocessing.Process(target=note, args=(shared, key)) for key in (1, 2)]
    [process.start() for process in processes]
    [process.join(20) for process in processes]
    assert dict(shared) == {1: 10, 2: 20}
""",
    "multiprocessing_shared_memory_of_64_kib": """
from multiprocessing import shared_memory
import numpy as np

block = shared_memory.SharedMemory(create=True, size=65536)
array = np.ndarray((8192,), dtype="float64", buffer=block.buf)
array[:] = 2.0
total = float(array.sum())
del array
block.close()
block.unlink()
assert total == 16384.0
""",
    "multiprocessing_cpu_count": """
import multiprocessing, os

assert multiprocessing.cpu_count() >= 1
assert len(os.sched_getaffinity(0)) >= 1
""",
    "process_pool_executor_map": """
from concurrent.futures import ProcessPoolExecutor

with ProcessPoolExecutor(max_workers=2) as pool:
    assert list(pool.map(len, ["a", "bb", "ccc"])) == [1, 2, 3]
""",
    "process_pool_executor_error_comes_back": """
from concurrent.futures import ProcessPoolExecutor

with ProcessPoolExecutor(max_workers=1) as pool:
    error = pool.submit(int, "x").exception(timeout=20)
assert isinstance(error, ValueError)
""",
}
