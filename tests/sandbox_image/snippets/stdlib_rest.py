"""Files and folders."""

SNIPPETS = {
    "temporary_file": """
import tempfile

with tempfile.TemporaryFile() as file:
    file.write(b"abc")
    file.seek(0)
    assert file.read() == b"abc"
""",
    "named_temporary_file": """
import os, tempfile

with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
    file.write("x")
    file.flush()
    assert os.path.getsize(file.name) == 1
""",
    "temporary_directory": """
import pathlib, tempfile

with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "a").touch()
    assert [p.name for p in pathlib.Path(folder).iterdir()] == ["a"]
assert not pathlib.Path(folder).exists()
""",
    "spooled_file": """
import tempfile

with tempfile.SpooledTemporaryFile(max_size=10) as file:
    file.write(b"x" * 100)
    assert file.tell() == 100
""",
    "path_walk_and_glob": """
import pathlib

top = pathlib.Path("/tmp/walk/a")
top.mkdir(parents=True, exist_ok=True)
(top / "x.csv").write_text("1")
assert [p.name for p in pathlib.Path("/tmp/walk").rglob("*.csv")] == ["x.csv"]
""",
    "copy_move_remove": """
import os, shutil

open("/tmp/one", "w").write("1")
shutil.copy2("/tmp/one", "/tmp/two")
shutil.move("/tmp/two", "/tmp/three")
assert open("/tmp/three").read() == "1" and not os.path.exists("/tmp/two")
""",
    "file_times_and_modes": """
import os, stat

open("/tmp/m", "w").close()
os.chmod("/tmp/m", 0o600)
os.utime("/tmp/m", (1, 2))
found = os.stat("/tmp/m")
assert stat.S_IMODE(found.st_mode) == 0o600 and found.st_mtime == 2
""",
    "links": """
import os

open("/tmp/target", "w").write("t")
for kind, make in (("sym", os.symlink), ("hard", os.link)):
    if not os.path.lexists(f"/tmp/{kind}"):
        make("/tmp/target", f"/tmp/{kind}")
assert open("/tmp/sym").read() == open("/tmp/hard").read() == "t"
""",
    "file_locks": """
import fcntl

with open("/tmp/lock", "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert file.fileno() > 2
""",
    "mmap_of_a_file": """
import mmap

open("/tmp/map", "wb").write(b"hello")
with open("/tmp/map", "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
    memory[:1] = b"J"
assert open("/tmp/map").read() == "Jello"
""",
    "mmap_without_a_file": """
import mmap

with mmap.mmap(-1, 1 << 20) as memory:
    memory[:3] = b"abc"
    assert memory[:4] == b"abc\\0"
""",
    "disk_usage_and_statvfs": """
import os, shutil

assert shutil.disk_usage("/work").total > 1 << 20 and os.statvfs("/tmp").f_bsize > 0
""",
    "scandir_and_walk": """
import os

assert {entry.name for entry in os.scandir("/work")} and next(os.walk("/work"))[0] == "/work"
""",
}
