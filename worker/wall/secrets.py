"""Secrets, tenants, what stays behind: S1-S7."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from policies.spec import LABEL_TASK
from store.records import Session, StoredFile
from store.sqlite import SqliteStore
from worker.engines.base import Engine, Pipe
from worker.wall.case import case, expect, expect_only
from worker.wall.known import PODMAN_HOSTS, SAME_JOB_STYLE, Known
from worker.wall.wall import Wall, as_text

_ALLOWED_ENV = {"PATH", "LANG", "TERM", "HOME", "HOSTNAME", "container"}


@asynccontextmanager
async def canary_key() -> AsyncIterator[str]:
    """A model key in this process's environment, as a worker has one."""
    before, key = os.environ.get("OPENAI_API_KEY"), f"sk-wall-{uuid4().hex}"
    os.environ["OPENAI_API_KEY"] = key
    try:
        yield key
    finally:
        if before is None:
            del os.environ["OPENAI_API_KEY"]
        else:
            os.environ["OPENAI_API_KEY"] = before


@case("S1", "No key and no address of a service is in the sandbox or its image")
async def nothing_handed_in(wall: Wall) -> None:
    """S1."""
    async with canary_key() as key, wall.fresh(wall.policy) as box:
        # Split, so that the code itself, which is in memory and in no file, does not hold the whole of it.
        code = (
            f"wanted = ['sk-' + 'wall', {key[8:24]!r} + {key[24:]!r}, 'mongodb' + '://', 'redis' + '://',"
            " 'SANDGLASS' + '_', 'API' + '_KEY']\n"
            "result = sorted({w for text in everything() for w in wanted if w in text})"
        )
        found = await box.value(code)
        expect(not found, f"found inside: {[word[:12] for word in found]}")
        config = (await box.record())["Config"]
        expect_only([entry.partition("=")[0] for entry in config["Env"]], _ALLOWED_ENV, "environment")
        if not wall.gvisor:
            first = Path(f"/proc/{await box.host_pid()}/environ").read_bytes().split(b"\0")
            names = [entry.partition(b"=")[0].decode() for entry in first if entry]
            expect_only(names, _ALLOWED_ENV, "environment of its first process")
        expect(key not in as_text(config), "the engine's record holds the key")


class _Overheard:
    """An engine of which all that goes into its pipes is kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.bodies: list[dict[str, Any]] = []
        self.sent = bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def create(self, body: dict[str, Any]) -> str:
        self.bodies.append(body)
        return await self._engine.create(body)

    async def start(self, container_id: str) -> Pipe:
        pipe = await self._engine.start(container_id)
        send = pipe.send

        async def overheard(data: bytes) -> None:
            self.sent += data
            await send(data)

        pipe.send = overheard  # type: ignore[method-assign]
        return pipe


@case("S2", "The model's key is in no frame, no container, no output and no error")
async def key_stays(wall: Wall) -> None:
    """S2."""
    ears = _Overheard(wall.engine)
    async with canary_key() as key:
        box = await wall.make(maker=replace(wall.maker, engine=ears))
        try:
            code = "print(os.environ, open('/proc/self/environ').read())\nraise RuntimeError(str(os.environ))"
            ran = await box.run(code)
            record = await box.record()
        finally:
            await box.sandbox.destroy()
    expect(ran.outcome == "code_error" and b"RuntimeError" in ears.sent, "nothing was overheard")
    for what, seen in (
        ("a frame", ears.sent.decode("utf-8", "replace")),
        ("a container", as_text(ears.bodies)),
        ("the engine's record", as_text(record)),
        ("the output", as_text(ran, box.sandbox.facts)),
    ):
        expect(key not in seen, f"the key is in {what}")


@case("S3", "Nothing stays for the next job")
async def nothing_stays(wall: Wall) -> None:
    """S3."""
    mark = uuid4().hex
    code = (
        f"mark = {mark!r}\n"
        "import site\n"
        "tops = ['/work', '/work/tmp', '/work/out', '/work/in', '/tmp', '/dev/shm', '/var/tmp', '/run',\n"
        "        os.path.expanduser('~'), site.getusersitepackages(), *site.getsitepackages(),\n"
        "        '/var/spool/cron', '/etc/cron.d']\n"
        "made = []\n"
        "for top in tops:\n"
        "    try:\n"
        "        os.makedirs(top, exist_ok=True)\n"
        "        for name in ('sitecustomize.py', mark + '.pth', mark):\n"
        "            open(f'{top}/{name}', 'w').write(mark)\n"
        "        made.append(top)\n"
        "    except OSError: pass\n"
        "result = [made, ctypes.CDLL(None).shmget(0x5747, 4096, 0o1666)]"
    )
    async with wall.fresh() as first:
        made, segment = await first.value(code)
        expect("/work" in made and segment >= 0, f"nothing could be left: {made}, {segment}")
    look = (
        f"mark = {mark[:16]!r} + {mark[16:]!r}\n"
        "result = [any(mark in text for text in everything()), ctypes.CDLL(None).shmget(0x5747, 4096, 0),\n"
        "          getattr(sys.modules.get('sitecustomize'), '__file__', '/usr/')[:5]]"
    )
    async with wall.fresh() as second:
        seen = await second.value(look)
    expect(seen == [False, -1, "/usr/"], f"a file, shared memory, sitecustomize: {seen}")


@case("S4", "Two tenants at once do not find each other")
async def tenants_apart(wall: Wall) -> None:
    """S4."""
    mark = uuid4().hex
    hold = (
        f"mark = {mark!r}\n"
        "for top in ('/work', '/tmp', '/dev/shm'): open(f'{top}/{mark}', 'w').write(mark)\n"
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0' + mark); s.listen()\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.prctl(15, mark[:15].encode(), 0, 0, 0); libc.shmget(0x5748, 4096, 0o1666)\n"
        "time.sleep(2)\n"
        "result = 'held'"
    )
    search = (
        f"mark = {mark[:16]!r} + {mark[16:]!r}\n"
        "time.sleep(0.5)\n"
        "texts = [*everything(), open('/proc/net/unix').read()]\n"
        "result = [any(mark in t or mark[:15] in t for t in texts),\n"
        "          reached(socket.AF_UNIX, socket.SOCK_STREAM, '\\0' + mark),\n"
        "          ctypes.CDLL(None).shmget(0x5748, 4096, 0), len(others()) < 8]"
    )
    async with wall.fresh() as one, wall.fresh() as other:
        held, seen = await asyncio.gather(one.value(hold), other.value(search))
    expect(held == "held", f"the other tenant's canary was not there: {held}")
    expect(
        seen == [False, "ECONNREFUSED", -1, True], f"a text, a socket, shared memory, few processes: {seen}"
    )


@case("S5", "One tenant does not get another's session, file or job")
async def records_apart(wall: Wall) -> None:
    """S5: at the store; over HTTP it is tests/gateway/test_access.py."""
    with tempfile.TemporaryDirectory(prefix="sandglass-wall-") as folder:
        store = SqliteStore(Path(folder, "wall.db"))
        await store.open()
        try:
            session = Session(tenant_id="tenant-a")
            await store.insert_session(session)
            file = StoredFile(
                tenant_id="tenant-a",
                session_id=session.session_id,
                name="a.csv",
                format="csv",
                size_bytes=1,
                sha256="0" * 64,
                blob_key="tenant-a/x/a",
            )
            await store.insert_file(file)
            mine = await store.list_files("tenant-a", session.session_id)
            expect(mine == [file], "the tenant's own file is not there")
            seen = [
                await store.get_session("tenant-b", session.session_id),
                await store.list_files("tenant-b", session.session_id),
                await store.list_tables("tenant-b", session.session_id),
                await store.delete_session("tenant-b", session.session_id),
                await store.get_artifact("tenant-b", file.file_id),
                await store.get_job("tenant-b", file.file_id),
            ]
            expect(not any(seen), f"another tenant got {seen}")
            expect(await store.get_session("tenant-a", session.session_id) is not None, "another deleted it")
        finally:
            await store.close()


@case("S6", "No mark of another sandbox, of the stack or of the host is inside")
async def no_other_marks(wall: Wall) -> Known | None:
    """S6."""
    code = (
        "import platform\n"
        "names = ('cgroup', 'mountinfo', 'environ', 'cmdline')\n"
        "texts = []\n"
        "for p in (1, 'self'):\n"
        "    for n in names:\n"
        "        try: texts.append(open(f'/proc/{p}/{n}').read())\n"
        "        except OSError: pass\n"
        "result = [platform.node(), texts, open('/etc/hosts').read()]"
    )
    other = await wall.rough()
    record = await (await wall.shared()).record()
    node, texts, hosts = await (await wall.shared()).value(code)
    expect(node == "sandbox", f"the host's name is {node}")
    for word in (other.sandbox.container_id[:12], record["Config"]["Labels"][LABEL_TASK], f"{os.getpid()}:"):
        expect(word not in as_text(texts, hosts), f"{word} is named inside")
    return PODMAN_HOSTS if wall.engine.name == "podman" and "host.containers" in hosts else None


@case("S7", "What is written for IPython and matplotlib is not loaded later")
async def no_startup(wall: Wall) -> Known | None:
    """S7."""
    code = (
        "startup = os.path.join(os.environ['IPYTHONDIR'], 'profile_default', 'startup')\n"
        "os.makedirs(startup, exist_ok=True)\n"
        "evil = \"open('/work/tmp/loaded', 'w').write('x')\\n\"\n"
        "open(startup + '/00.py', 'w').write(evil)\n"
        "open(os.path.dirname(startup) + '/ipython_config.py', 'w').write(evil)\n"
        "for name in ('sitecustomize.py', 'pandas.py'): open('/work/out/' + name, 'w').write(evil)\n"
        "for top in (os.environ['MPLCONFIGDIR'], os.environ['HOME'], '/tmp'):\n"
        "    open(top + '/matplotlibrc', 'w').write('axes.titlesize: 77\\n')\n"
        "open('/work/out/matplotlibrc', 'w').write('axes.labelsize: 66\\n')\n"
        "os._exit(3)"
    )
    look = (
        "import matplotlib, pandas\n"
        "result = [os.path.exists('/work/tmp/loaded'), matplotlib.rcParams['axes.titlesize'] == 77.0,\n"
        "          pandas.__file__[:5], matplotlib.rcParams['axes.labelsize'] == 66.0]"
    )
    async with wall.fresh() as box:
        ran = await box.run(code)
        expect(ran.outcome == "code_error", f"it ended with {ran.outcome}: {ran.message}")
        *seen, styled = await box.value(look)
    expect(seen == [False, False, "/usr/"], f"loaded later: {seen}")
    async with wall.fresh() as later:
        expect(await later.value(look) == [False, False, "/usr/", False], "it was loaded in the next job")
    return SAME_JOB_STYLE if styled else None
