"""Does MongoDB's start script make what is missing, keep what is there, and end when it must?

No mongod and no mongosh can be had where these tests run. `mongod` is a stand-in that waits; replica.js runs
in Node, against a stand-in of mongosh that knows the rules which matter: who may do what without a user.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from tests.engine_services import ROOT, wait_for

FOLDER = ROOT / "compose/mongo"
MONGOD = """#!/bin/sh
echo "$@" > "$STAND_IN/arguments"
trap 'echo TERM >> "$STAND_IN/signals"; exit 0' TERM
[ ! -e "$STAND_IN/broken" ] || { echo "mongod: cannot start" >&2; exit 62; }
while :; do sleep 0.1; done
"""
MONGOSH = """#!/bin/sh
for script in "$@"; do :; done
exec "$NODE" "$STAND_IN/mongosh.js" "$script"
"""
SHELL = """
const fs = require("fs");
const path = `${process.env.STAND_IN}/server.json`;
const state = JSON.parse(fs.readFileSync(path, "utf8"));
const keep = () => fs.writeFileSync(path, JSON.stringify(state));
const fault = (codeName, code) => Object.assign(new Error(codeName), { codeName, code });
class Database {
  constructor() { this.user = null; }
  auth(user, password) {
    if (state.users[user] !== password) throw fault("AuthenticationFailed", 18);
    this.user = user;
  }
  runCommand(command) {
    const name = Object.keys(command)[0];
    state.calls.push(name);
    keep();
    const primary = Boolean(state.set) && !state.electing;
    if (name === "hello") return { setName: state.set, isWritablePrimary: primary };
    const free = Object.keys(state.users).length === 0;
    if (!free && this.user !== "root") throw fault("Unauthorized", 13);
    if (name === "replSetInitiate") {
      if (state.set) throw fault("AlreadyInitialized", 23);
      state.set = command.replSetInitiate._id;
      state.member = command.replSetInitiate.members[0].host;
    } else if (name === "createUser" || name === "updateUser") {
      if (!state.set) throw fault("NotWritablePrimary", 10107);
      state.users[command[name]] = command.pwd;
      state.roles[command[name]] = command.roles;
    } else if (name === "usersInfo") {
      return { users: state.users[command.usersInfo.user] ? [{}] : [] };
    } else throw fault("CommandNotFound", 59);
    keep();
    return { ok: 1 };
  }
}
globalThis.Mongo = class { getDB() { return new Database(); } };
globalThis.sleep = () => {};
state.runs += 1;
keep();
if (state.runs <= state.refusals) { console.error("connect ECONNREFUSED"); process.exit(1); }
require(process.argv[2]);
"""
FRESH = {"users": {}, "roles": {}, "calls": [], "set": None, "runs": 0, "refusals": 0, "electing": False}


class Server:
    """The start script with its stand-ins, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self.secrets.mkdir()
        for name in ("mongo_root_password", "mongo_password", "mongo_keyfile"):
            (self.secrets / name).write_text(f"{name}-1\n")
        for name, text in (("mongod", MONGOD), ("mongosh", MONGOSH)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        (folder / "mongosh.js").write_text(SHELL)
        self.state(**FRESH)
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def state(self, **changes: object) -> dict[str, object]:
        path = self.folder / "server.json"
        found = json.loads(path.read_text()) if path.exists() else {}
        if changes:
            path.write_text(json.dumps({**found, **changes}))
        return {**found, **changes}

    def start(self, *arguments: str, seconds: int = 30) -> None:
        (self.folder / "ready").unlink(missing_ok=True)
        environ = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "NODE": str(compute_driver_executable()[0]),
            "STAND_IN": str(self.folder),
            "TMPDIR": str(self.folder),
            "SANDGLASS_SECRETS": str(self.secrets),
            "SANDGLASS_MONGO_SECONDS": str(seconds),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["bash", str(FOLDER / "start.sh"), *arguments], env=environ, stdout=log, stderr=log
            )

    def await_ready(self) -> None:
        wait_for((self.folder / "ready").exists, 20, f"ready: {self.log.read_text()}")

    def end(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def ended(self) -> int:
        assert self.process is not None
        return self.process.wait(30)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait(10)


def test_the_first_start_makes_the_set_and_its_users(server: Server) -> None:
    server.start("--wiredTigerCacheSizeGB", "0.5")
    server.await_ready()
    state = server.state()
    assert (state["set"], state["member"]) == ("rs0", "mongo:27017")
    assert state["users"] == {"root": "mongo_root_password-1", "sandglass": "mongo_password-1"}
    assert state["roles"] == {"root": ["root"], "sandglass": [{"role": "readWrite", "db": "sandglass"}]}
    arguments = (server.folder / "arguments").read_text()
    assert "--replSet rs0 --keyFile" in arguments
    assert "--wiredTigerCacheSizeGB 0.5" in arguments


def test_the_key_file_is_for_mongod_alone(server: Server) -> None:
    server.start()
    server.await_ready()
    keyfile = server.folder / "keyfile"
    assert keyfile.stat().st_mode & 0o777 == 0o400
    assert keyfile.read_text() == "mongo_keyfile-1\n"


def test_a_further_start_changes_nothing(server: Server) -> None:
    for _ in range(2):
        server.start()
        server.await_ready()
        assert server.end() == 0
    calls = server.state()["calls"]
    assert isinstance(calls, list)
    assert calls.count("replSetInitiate") == 1
    assert calls.count("createUser") == 2
    assert "updateUser" not in calls


def test_a_start_that_was_cut_off_is_gone_on_with(server: Server) -> None:
    server.state(set="rs0", users={"root": "mongo_root_password-1"})
    server.start()
    server.await_ready()
    assert set(server.state()["users"]) == {"root", "sandglass"}  # type: ignore[call-overload]


def test_another_secret_is_another_password(server: Server) -> None:
    server.start()
    server.await_ready()
    server.end()
    (server.secrets / "mongo_password").write_text("mongo_password-2\n")
    server.start()
    server.await_ready()
    assert server.state()["users"] == {"root": "mongo_root_password-1", "sandglass": "mongo_password-2"}


def test_it_waits_for_a_server_that_is_slow(server: Server) -> None:
    server.state(refusals=2)
    server.start()
    server.await_ready()
    assert server.state()["runs"] == 3


def test_secrets_of_other_data_end_it_and_say_so(server: Server) -> None:
    server.state(set="rs0", users={"root": "another"})
    server.start()
    assert server.ended() == 1
    assert "put the secrets of that time back" in server.log.read_text()


def test_no_primary_ends_it_after_a_while(server: Server) -> None:
    server.state(set="rs0", electing=True)
    server.start(seconds=1)
    assert server.ended() == 1
    assert "no primary within" in server.log.read_text()


@pytest.mark.parametrize("name", ["mongo_root_password", "mongo_password", "mongo_keyfile"])
def test_a_secret_that_is_missing_is_named(server: Server, name: str) -> None:
    (server.secrets / name).write_text("")
    server.start()
    assert server.ended() == 1
    assert f"{name} is missing, empty or not readable" in server.log.read_text()


def test_a_mongod_that_ends_ends_it_with_its_code(server: Server) -> None:
    (server.folder / "broken").touch()
    server.start()
    assert server.ended() == 62


def test_a_signal_reaches_mongod(server: Server) -> None:
    server.start()
    server.await_ready()
    started = time.monotonic()
    assert server.end() == 0
    assert time.monotonic() - started < 10
    assert (server.folder / "signals").read_text() == "TERM\n"


def test_healthy_only_when_set_up(server: Server) -> None:
    environ = {**os.environ, "TMPDIR": str(server.folder)}
    command = ["bash", str(FOLDER / "healthy.sh")]
    assert subprocess.run(command, env=environ, timeout=10, check=False).returncode != 0
