"""Secrets, tenants, what stays behind: ABUSE.md S1-S4, S6, S7 (S5 is tests/gateway/test_access.py)."""

import os
import socket
from pathlib import Path
from uuid import uuid4

import docker
import pytest

from tests.engine_services import IMAGE
from tests.wall.wall import Box, Wall, as_text

pytestmark = pytest.mark.engine
ALLOWED_ENV = {"PATH", "LANG", "TERM", "HOME", "HOSTNAME", "container"}
EVERYTHING = (
    "def everything():\n"
    "    yield repr(dict(os.environ))\n"
    "    for p in os.listdir('/proc'):\n"
    "        for n in ('environ', 'cmdline', 'cgroup', 'mountinfo', 'maps', 'comm'):\n"
    "            try: yield open(f'/proc/{p}/{n}', errors='replace').read()\n"
    "            except OSError: pass\n"
    "    for top in ('/etc', '/run', '/tmp', '/work', '/home', '/root', '/var', '/dev/shm', '/usr/local/share'):\n"  # noqa: E501
    "        for folder, folders, files in os.walk(top):\n"
    "            for name in files:\n"
    "                yield name\n"
    "                try: yield open(os.path.join(folder, name), errors='replace').read(1 << 20)\n"
    "                except OSError: pass\n"
)


def test_S01_no_key_and_no_address_of_a_service_is_inside(box: Box, secret: str) -> None:
    # Split, so that the code itself, which is in memory and in no file, does not hold the whole of it.
    code = (
        f"{EVERYTHING}wanted = ['sk-' + 'wall', {secret[8:]!r}, 'mongodb' + '://', 'redis' + '://', 'SANDGLASS' + '_',"  # noqa: E501
        " 'API' + '_KEY']\n"
        "result = sorted({w for text in everything() for w in wanted if w in text})"
    )
    assert box.value(code) == []


def test_S01_the_environment_is_the_images_and_the_engines_own(box: Box) -> None:
    names = {entry.partition("=")[0] for entry in box.record()["Config"]["Env"]}
    assert names <= ALLOWED_ENV
    first = Path(f"/proc/{box.host_pids()[0]}/environ").read_bytes().split(b"\0")
    assert {entry.partition(b"=")[0].decode() for entry in first if entry} <= ALLOWED_ENV


def test_S01_the_image_holds_no_secret(
    box: Box, engine_urls: dict[str, str], wall: Wall, secret: str
) -> None:
    with docker.APIClient(base_url=wall.url, version="1.40", timeout=30) as client:
        seen = as_text(client.inspect_image(IMAGE), client.history(IMAGE))
    for word in (secret, "mongodb://", "redis://", "API_KEY", "PASSWORD", socket.gethostname() + "."):
        assert word not in seen


def test_S02_the_model_key_is_in_no_answer_and_no_record(box: Box, secret: str) -> None:
    assert os.environ["SANDGLASS_MODEL_KEY"] == secret
    ran = box.run("print(os.environ, open('/proc/self/environ').read())\nraise RuntimeError(str(os.environ))")
    assert ran.outcome == "code_error"
    assert secret not in as_text(ran, box.record(), box.sandbox.facts)


def test_S03_nothing_stays_for_the_next_job(wall: Wall) -> None:
    mark = uuid4().hex
    code = (
        f"mark = {mark!r}\n"
        "import site, tempfile\n"
        "tops = ['/work', '/work/tmp', '/work/out', '/work/in', '/tmp', '/dev/shm', '/var/tmp', '/run', os.path.expanduser('~'),\n"  # noqa: E501
        "        site.getusersitepackages(), *site.getsitepackages(), '/var/spool/cron', '/etc/cron.d']\n"
        "made = []\n"
        "for top in tops:\n"
        "    try:\n"
        "        os.makedirs(top, exist_ok=True)\n"
        "        for name in ('sitecustomize.py', mark + '.pth', mark): open(f'{top}/{name}', 'w').write(mark)\n"  # noqa: E501
        "        made.append(top)\n"
        "    except OSError: pass\n"
        "libc = ctypes.CDLL(None)\n"
        "result = [made, libc.shmget(0x5747, 4096, 0o1666)]"
    )
    with wall.fresh() as first:
        made, segment = first.value(code)
        assert "/work" in made
        assert segment >= 0
    look = (
        f"{EVERYTHING}mark = {mark[:16]!r} + {mark[16:]!r}\n"
        "result = [any(mark in text for text in everything()), ctypes.CDLL(None).shmget(0x5747, 4096, 0),"
        " sys.modules['sitecustomize'].__file__[:9]]"
    )
    with wall.fresh() as second:
        assert second.value(look) == [False, -1, "/usr/lib/"]


def test_S04_two_tenants_at_once_do_not_find_each_other(wall: Wall) -> None:
    mark = uuid4().hex
    hold = (
        f"mark = {mark!r}\n"
        "for top in ('/work', '/tmp', '/dev/shm'): open(f'{top}/{mark}', 'w').write(mark)\n"
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0' + mark); s.listen()\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.prctl(15, mark[:15].encode(), 0, 0, 0)\n"
        "libc.shmget(0x5748, 4096, 0o1666)\n"
        "time.sleep(3)\n"
        "result = 'held'"
    )
    search = (
        f"{EVERYTHING}halves = {mark[:16]!r}, {mark[16:]!r}\n"
        "time.sleep(0.5)\n"
        "mark = ''.join(halves)\n"
        "texts = list(everything()) + [open('/proc/net/unix').read()]\n"
        "result = [any(mark in t or mark[:15] in t for t in texts), reached(socket.AF_UNIX, socket.SOCK_STREAM, '\\0' + mark),\n"  # noqa: E501
        "          ctypes.CDLL(None).shmget(0x5748, 4096, 0), len(others()) < 8]"
    )
    with wall.fresh() as one, wall.fresh() as other:
        held, searched = wall.together(one.attempt(hold), other.attempt(search))
    assert held.outcome == "ok"
    assert searched.outcome == "ok", searched.traceback
    assert searched.result["value"] == [False, "ECONNREFUSED", -1, True]


def test_S06_no_mark_of_another_sandbox_or_of_the_stack_is_inside(wall: Wall) -> None:
    with wall.fresh() as one, wall.fresh() as other:
        seen = one.value(
            "import platform\n"
            "names = ('cgroup', 'mountinfo', 'environ', 'cmdline')\n"
            "result = [platform.node(), [open(f'/proc/{p}/{n}').read() for p in (1, 'self') for n in names]]"
        )
        assert seen[0] == "sandbox"
        text = as_text(seen)
        for word in (other.sandbox.container_id[:12], wall.stack, str(os.getpid()) + ":"):
            assert word not in text


def test_S07_what_is_written_for_ipython_and_matplotlib_is_not_loaded(own_box: Box) -> None:
    code = (
        "startup = os.path.join(os.environ['IPYTHONDIR'], 'profile_default', 'startup')\n"
        "os.makedirs(startup, exist_ok=True)\n"
        "evil = \"open('/work/tmp/loaded', 'w').write('x')\\n\"\n"
        "open(startup + '/00.py', 'w').write(evil)\n"
        "open(os.path.dirname(startup) + '/ipython_config.py', 'w').write(evil)\n"
        "open('/work/out/sitecustomize.py', 'w').write(evil); open('/work/out/pandas.py', 'w').write(evil)\n"
        "for top in (os.environ['MPLCONFIGDIR'], os.environ['HOME'], '/tmp'):\n"
        "    open(top + '/matplotlibrc', 'w').write('axes.titlesize: 77\\n')\n"
        "os._exit(3)"
    )
    assert own_box.run(code).outcome == "code_error"
    seen = own_box.value(
        "import matplotlib, pandas\n"
        "result = [os.path.exists('/work/tmp/loaded'), matplotlib.rcParams['axes.titlesize'] == 77.0, pandas.__file__[:5]]"  # noqa: E501
    )
    assert seen == [False, False, "/usr/"]
