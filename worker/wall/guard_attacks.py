"""What would a worker that was taken over ask of the engine? Bodies of create, and other calls."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from policies.spec import (
    LABEL_ATTEMPT,
    LABEL_DEADLINE,
    LABEL_OWNER,
    LABEL_POLICY,
    LABEL_STACK,
    LABEL_TASK,
)

HOST_CONFIG: tuple[tuple[str, Any], ...] = (
    ("Privileged", True),
    ("Privileged", 0),
    ("Binds", ["/:/host"]),
    ("Binds", ["/var/run/docker.sock:/s"]),
    ("Mounts", [{"Type": "bind", "Source": "/", "Target": "/host"}]),
    ("Mounts", [{"Type": "volume", "Source": "mongo", "Target": "/work/m"}]),
    ("VolumesFrom", ["mongo"]),
    ("VolumeDriver", "nfs"),
    ("NetworkMode", "host"),
    ("NetworkMode", "container:mongo"),
    ("PidMode", "host"),
    ("IpcMode", "host"),
    ("UTSMode", "host"),
    ("UsernsMode", "host"),
    ("CgroupnsMode", "host"),
    ("CgroupParent", "/"),
    ("CapAdd", ["SYS_ADMIN"]),
    ("CapDrop", []),
    ("Devices", [{"PathOnHost": "/dev/kmsg", "PathInContainer": "/dev/kmsg", "CgroupPermissions": "rwm"}]),
    ("DeviceRequests", [{"Count": -1, "Capabilities": [["gpu"]]}]),
    ("DeviceCgroupRules", ["a *:* rwm"]),
    ("SecurityOpt", []),
    ("SecurityOpt", ["no-new-privileges", "seccomp=unconfined"]),
    ("SecurityOpt", ["no-new-privileges", "seccomp=/etc/hosts"]),
    ("SecurityOpt", ["no-new-privileges", 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']),
    ("SecurityOpt", ["apparmor=unconfined", "label=disable", "systempaths=unconfined"]),
    ("Memory", 1 << 40),
    ("Memory", 0),
    ("MemorySwap", -1),
    ("PidsLimit", -1),
    ("CpuQuota", 0),
    ("NanoCpus", 64_000_000_000),
    ("Runtime", "crun"),
    ("Sysctls", {"net.ipv4.ip_forward": "1"}),
    ("ReadonlyRootfs", False),
    ("Tmpfs", {"/work": "rw,exec,suid,dev"}),
    ("ShmSize", 1 << 30),
    ("OomKillDisable", True),
    ("OomScoreAdj", -1000),
    ("Ulimits", []),
    ("RestartPolicy", {"Name": "always"}),
    ("AutoRemove", True),
    ("LogConfig", {"Type": "json-file", "Config": {}}),
    ("PublishAllPorts", True),
    ("PortBindings", {"22/tcp": [{"HostPort": "22"}]}),
    ("ExtraHosts", ["gateway:192.0.2.1"]),
    ("Dns", ["192.0.2.1"]),
    ("GroupAdd", ["0"]),
    ("Links", ["mongo"]),
    ("StorageOpt", {"size": "1T"}),
    ("MaskedPaths", []),
    ("ReadonlyPaths", []),
    ("Init", False),
    ("ContainerIDFile", "/etc/cron.d/x"),
    ("privileged", True),
    ("Annotations", {"run.oci.keep_original_groups": "1"}),
)
TOP: tuple[tuple[str, Any], ...] = (
    ("Image", "debian:bookworm"),
    ("Image", "sha256:" + "0" * 64),
    ("Image", None),
    ("User", "0:0"),
    ("user", "0:0"),
    ("Cmd", ["sh"]),
    ("Entrypoint", ["sh", "-c", "id"]),
    ("Env", ["LD_PRELOAD=/work/x.so"]),
    ("WorkingDir", "/"),
    ("Hostname", "gateway"),
    ("Tty", True),
    ("StdinOnce", False),
    ("NetworkDisabled", False),
    ("NetworkingConfig", {"EndpointsConfig": {"back": {}}}),
    ("Volumes", {"/host": {}}),
    ("ExposedPorts", {"22/tcp": {}}),
    ("Healthcheck", {"Test": ["CMD-SHELL", "id"]}),
    ("StopTimeout", 1_000_000),
    ("MacAddress", "02:42:ac:11:00:02"),
    ("HostConfig", None),
    ("HostConfig", {}),
    ("hostconfig", {"Privileged": True}),
    ("HOSTCONFIG", {"Binds": ["/:/host"]}),
    ("Surprise", {}),
)
LABELS: tuple[tuple[str, Any], ...] = (
    (LABEL_STACK, "another"),
    (LABEL_STACK, ["x"]),
    (LABEL_POLICY, "nope"),
    (LABEL_POLICY, "../default"),
    (LABEL_DEADLINE, "1"),
    (LABEL_DEADLINE, "99999999999"),
    (LABEL_DEADLINE, "1e9"),
    (LABEL_DEADLINE, 1_900_000_000),
    (LABEL_TASK, "a\nb"),
    (LABEL_TASK, ""),
    (LABEL_OWNER, "x" * 500),
    (LABEL_ATTEMPT, "$(id)"),
    ("com.docker.compose.project", "sandglass"),
    ("traefik.enable", "true"),
)


def asking_for_more(good: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Create bodies that are not what the policy comes to, by name, each as its JSON text."""
    for key, value in HOST_CONFIG:
        yield f"HostConfig.{key}={value!r:.40}", _with(good, "HostConfig", key, value)
    for key, value in LABELS:
        yield f"Labels.{key}={value!r:.40}", _with(good, "Labels", key, value)
    for key, value in TOP:
        yield f"{key}={value!r:.40}", json.dumps({**good, key: value}).encode()
    for key in good:
        yield f"without {key}", json.dumps({k: v for k, v in good.items() if k != key}).encode()
    yield from _texts(json.dumps(good))


def _with(good: dict[str, Any], part: str, key: str, value: Any) -> bytes:
    changed = copy.deepcopy(good)
    changed[part][key] = value
    return json.dumps(changed).encode()


def _texts(good: str) -> Iterator[tuple[str, bytes]]:
    twice = good.replace('"Privileged": false', '"Privileged": true, "Privileged": false')
    yield "Privileged twice, true first", twice.encode()
    yield (
        "Privileged twice, true last",
        good.replace('"Privileged": false', '"Privileged": false, "Privileged": true').encode(),
    )
    yield "HostConfig twice", (good[:-1] + ', "HostConfig": {"Privileged": true}}').encode()
    yield "HostConfig twice by case", (good[:-1] + ', "hostConfig": {"Privileged": true}}').encode()
    yield "two values", (good + " " + good).encode()
    yield "a byte order mark", b"\xef\xbb\xbf" + good.encode()
    yield "UTF-16", good.encode("utf-16")
    yield "not UTF-8", good.replace("sandbox", "sand\xff").encode("latin-1")
    yield "a list", f"[{good}]".encode()
    yield "nothing", b""
    yield "null", b"null"
    yield "cut off", good[:-1].encode()
    yield "a comment", (good[:-1] + ', /* */ "Privileged": true}').encode()
    yield "a number without end", (good[:-1] + ', "Memory": 1e999}').encode()
    yield "nested without end", b'{"a":' * 30_000 + b"1" + b"}" * 30_000


ANY_ID = "ab" * 32
CALLS: tuple[tuple[str, str], ...] = (
    *(("POST", f"/containers/{ANY_ID}/{verb}") for verb in ("exec", "kill", "stop", "restart", "pause")),
    *(("POST", f"/containers/{ANY_ID}/{verb}") for verb in ("unpause", "update", "resize?h=1&w=1", "wait")),
    *(("POST", f"/containers/{ANY_ID}/{verb}") for verb in ("rename?name=x", "checkpoints", "attach/ws")),
    *(("GET", f"/containers/{ANY_ID}/{verb}") for verb in ("logs?stdout=1", "export", "stats", "top")),
    *(("GET", f"/containers/{ANY_ID}/{verb}") for verb in ("changes", "archive?path=/", "attach/ws")),
    ("PUT", f"/containers/{ANY_ID}/archive?path=/"),
    ("HEAD", f"/containers/{ANY_ID}/archive?path=/"),
    ("DELETE", f"/containers/{ANY_ID}?v=True&link=True&force=True"),
    ("POST", "/containers/prune"),
    ("POST", f"/commit?container={ANY_ID}&repo=x"),
    ("POST", f"/exec/{ANY_ID}/start"),
    ("GET", f"/exec/{ANY_ID}/json"),
    *(("POST", f"/{what}") for what in ("build", "images/create?fromImage=x", "images/load", "build/prune")),
    *(("GET", f"/{what}") for what in ("images/json", "images/x/json", "images/x/get", "images/search")),
    ("DELETE", "/images/sandglass-sandbox:dev"),
    ("POST", "/images/sandglass-sandbox:dev/tag?repo=x"),
    *(
        (verb, f"/{what}")
        for verb in ("GET", "POST")
        for what in ("volumes", "networks", "secrets", "configs")
    ),
    *((verb, f"/{what}/create") for verb in ("POST",) for what in ("volumes", "networks", "plugins")),
    *(("POST", f"/swarm/{what}") for what in ("init", "join", "leave", "update")),
    *(("GET", f"/{what}") for what in ("swarm", "nodes", "services", "tasks", "plugins", "events", "_ping")),
    *(("POST", f"/{what}") for what in ("services/create", "session", "grpc", "auth")),
    ("GET", "/system/df"),
    ("GET", "/libpod/info"),
    ("POST", "/libpod/containers/create"),
    ("POST", "/libpod/play/kube"),
)
"""Without the version before them. None of them is a worker's."""
