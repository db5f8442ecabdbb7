"""Formats, times, text and the rest of the standard library."""

SNIPPETS = {
    "zip_file": """
import io, zipfile

file = io.BytesIO()
with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("a.txt", "hi" * 100)
assert zipfile.ZipFile(file).read("a.txt")[:2] == b"hi"
""",
    "tar_file": """
import io, tarfile

file = io.BytesIO()
with tarfile.open(fileobj=file, mode="w:gz") as archive:
    archive.addfile(tarfile.TarInfo("a"), io.BytesIO())
file.seek(0)
assert tarfile.open(fileobj=file).getnames() == ["a"]
""",
    "gzip_bz2_lzma": """
import bz2, gzip, lzma

for module in (bz2, gzip, lzma):
    assert module.decompress(module.compress(b"x" * 1000)) == b"x" * 1000
""",
    "csv_module": """
import csv, io

rows = list(csv.DictReader(io.StringIO("a,b\\n1,'x, y'\\n"), quotechar="'"))
assert rows == [{"a": "1", "b": "x, y"}]
""",
    "json_module": """
import json

assert json.loads(json.dumps({"a": [1, None, "ü"]})) == {"a": [1, None, "ü"]}
""",
    "pickle_and_shelve": """
import pickle, shelve

assert pickle.loads(pickle.dumps({"a": {1, 2}})) == {"a": {1, 2}}
with shelve.open("/tmp/shelf") as shelf:
    shelf["n"] = 5
    assert shelf["n"] == 5
""",
    "config_and_toml": """
import configparser, tomllib

config = configparser.ConfigParser()
config.read_string("[a]\\nb = 1\\n")
assert config.getint("a", "b") == tomllib.loads("b = 1")["b"]
""",
    "element_tree": """
import xml.etree.ElementTree as tree

assert [e.text for e in tree.fromstring("<a><b>1</b><b>2</b></a>").iter("b")] == ["1", "2"]
""",
    "regular_expressions": """
import re

assert re.findall(r"(\\d+)-(\\w+)", "12-ab 3-c") == [("12", "ab"), ("3", "c")]
""",
    "zone_info": """
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

moment = datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("America/New_York"))
assert moment.utcoffset().total_seconds() == -4 * 3600 and "Asia/Tokyo" in available_timezones()
""",
    "datetime_arithmetic": """
from datetime import date, datetime, timedelta, timezone

assert date(2024, 3, 1) - date(2024, 2, 1) == timedelta(days=29)
assert datetime.fromisoformat("2024-01-01T00:00:00+00:00") == datetime(2024, 1, 1, tzinfo=timezone.utc)
""",
    "calendar_and_strptime": """
import calendar
from datetime import datetime

assert calendar.monthrange(2024, 2)[1] == 29 and datetime.strptime("3 Feb 2024", "%d %b %Y").weekday() == 5
""",
    "clocks": """
import time

started = time.perf_counter()
time.sleep(0.01)
assert (
    time.perf_counter() > started
    and time.time() > 1.6e9
    and time.process_time() >= 0
    and time.monotonic_ns() > 0
)
""",
    "local_time_is_utc": """
import time

assert time.strftime("%Z", time.localtime()) in ("UTC", "GMT")
""",
    "counters_and_heaps": """
import heapq
from collections import Counter, defaultdict, deque

assert Counter("abca").most_common(1) == [("a", 2)] and heapq.nsmallest(2, [3, 1, 2]) == [1, 2]
assert deque([1, 2, 3], maxlen=2)[0] == 2 and defaultdict(int)["x"] == 0
""",
    "itertools_and_functools": """
import functools, itertools

assert (
    list(itertools.accumulate([1, 2, 3])) == [1, 3, 6]
    and functools.reduce(lambda a, b: a * b, [2, 3, 4]) == 24
)
assert [k for k, _ in itertools.groupby("aabb")] == ["a", "b"]
""",
    "statistics_and_fractions": """
import statistics
from decimal import Decimal
from fractions import Fraction

assert (
    statistics.median([3, 1, 2]) == 2 and Fraction(1, 3) * 3 == 1 and Decimal("0.1") * 3 == Decimal("0.3")
)
""",
    "random_and_secrets": """
import random, secrets

random.seed(1)
assert random.sample(range(10), 3) and len(secrets.token_hex(8)) == 16
""",
    "hashes": """
import hashlib, hmac

assert (
    hashlib.sha256(b"").hexdigest()[:8] == "e3b0c442" and hmac.new(b"k", b"m", "sha256").digest_size == 32
)
assert hashlib.blake2b(b"x").digest_size == 64
""",
    "password_hashing": """
import hashlib

assert (
    len(hashlib.pbkdf2_hmac("sha256", b"p", b"s", 1000)) == 32
    and len(hashlib.scrypt(b"p", salt=b"s", n=1024, r=8, p=1)) == 64
)
""",
    "uuids_and_base64": """
import base64, uuid

assert uuid.uuid4().version == 4 and base64.b64decode(base64.b64encode(b"x")) == b"x"
assert uuid.uuid1().version == 1
""",
    "platform_facts": """
import os, platform, sys

assert platform.system() == "Linux" and sys.version_info >= (3, 11) and os.getpid() > 1
assert platform.platform() and os.uname().sysname == "Linux"
""",
    "user_and_home": """
import getpass, os, pathlib, pwd

assert os.getuid() == 65532 and pwd.getpwuid(os.getuid()).pw_name == getpass.getuser() == "sandbox"
assert pathlib.Path.home().is_dir()
""",
    "resource_use": """
import resource

assert resource.getrusage(resource.RUSAGE_SELF).ru_utime >= 0
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
""",
    "lowering_a_limit": """
import os, resource

pid = os.fork()
if pid == 0:
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    os._exit(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 64
""",
    "tracemalloc_and_gc": """
import gc, tracemalloc

tracemalloc.start()
held = [bytes(1000) for _ in range(100)]
current, peak = tracemalloc.get_traced_memory()
tracemalloc.stop()
assert peak >= current > 100_000 and gc.collect() >= 0
""",
    "profiling": """
import cProfile, io, pstats

profile = cProfile.Profile()
profile.runcall(sorted, range(1000))
text = io.StringIO()
pstats.Stats(profile, stream=text).print_stats()
assert "function calls" in text.getvalue()
""",
    "timeit_and_contextlib": """
import contextlib, io, timeit

said = io.StringIO()
with contextlib.redirect_stdout(said):
    print("kept")
assert said.getvalue() == "kept\\n" and timeit.timeit("1 + 1", number=10) >= 0
""",
    "logging_to_a_file": """
import logging

logger = logging.getLogger("snippet")
handler = logging.FileHandler("/tmp/log.txt", mode="w")
logger.addHandler(handler)
logger.warning("careful")
handler.close()
logger.removeHandler(handler)
assert "careful" in open("/tmp/log.txt").read()
""",
    "ctypes_calls_the_c_library": """
import ctypes

libc = ctypes.CDLL(None)
assert libc.abs(-5) == 5 and libc.getpid() > 0
""",
    "dataclasses_and_enums": """
import dataclasses, enum


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    colour: Colour = Colour.RED


assert dataclasses.asdict(Point(1))["x"] == 1 and Colour(1) is Colour.RED
""",
    "ast_and_inspect": """
import ast, inspect

assert (
    ast.literal_eval("[1, 2]") == [1, 2]
    and inspect.signature(lambda a, b=2: a).parameters["b"].default == 2
)
""",
    "textwrap_difflib_unicode": """
import difflib, textwrap, unicodedata

assert difflib.get_close_matches("aple", ["apple", "pear"]) == ["apple"] and textwrap.dedent("  a") == "a"
assert unicodedata.normalize("NFKD", "é")[0] == "e"
""",
    "locale_formats": """
import locale

assert locale.setlocale(locale.LC_ALL, "C.UTF-8") == "C.UTF-8" and f"{1234567.891:,.2f}" == "1,234,567.89"
""",
    "weak_references_and_copies": """
import copy, weakref


class Thing:
    pass


thing = Thing()
again = weakref.ref(thing)
assert again() is thing and copy.deepcopy({"a": [1]}) == {"a": [1]}
""",
}
