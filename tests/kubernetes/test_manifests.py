"""The manifests are what Kubernetes takes, name what is there, and give no container more than it needs."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from gateway.settings import Settings as GatewaySettings
from gateway.settings import load_settings as load_gateway
from tests.kubernetes.render import FOLDER, Object, containers, pod_of, render
from tests.test_settings_docs import CODE, ROOT, names_in, names_of
from worker.models.settings import ModelSettings
from worker.settings import Settings as WorkerSettings
from worker.settings import load_settings as load_worker

OVERLAYS = ("small", "managed", "gvisor")
SCHEMAS: dict[str, Any] = json.loads((Path(__file__).parent / "schemas.json").read_text())
CORE = ("1.34.0", "1.37.0")
OURS = {"sandglass:dev", "sandglass-engine:dev"}
PORTS = {"gateway": 8000, "worker": 9464, "redis": 6379, "mongo": 27017}
ENGINE_ONLY = set(
    "SYS_ADMIN SYS_CHROOT SETUID SETGID SETPCAP CHOWN FOWNER DAC_OVERRIDE KILL NET_ADMIN".split()
)


@cache
def objects(overlay: str) -> tuple[Object, ...]:
    return tuple(render(FOLDER / "overlays" / overlay))


def everything() -> Iterator[Any]:
    seen = set()
    for overlay in OVERLAYS:
        for one in objects(overlay):
            name = f"{overlay}-{one['kind']}-{one['metadata']['name']}"
            if json.dumps(one, sort_keys=True) not in seen:
                seen.add(json.dumps(one, sort_keys=True))
                yield pytest.param(one, id=name)


def all_containers() -> Iterator[Any]:
    for param in everything():
        (one,) = param.values
        for container in containers(one):
            yield pytest.param(one, container, id=f"{param.id}-{container['name']}")


def faults(one: Object, version: str) -> list[str]:
    """What is wrong with it, by the schemas of a version."""
    schemas = SCHEMAS[version]
    kind = f"{one['apiVersion']}/{one['kind']}"
    schema = schemas[kind] | {"$defs": schemas.get("$defs", {})}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(one)]


def versions_of(one: Object) -> tuple[str, ...]:
    return ("keda 2.21.0",) if one["apiVersion"].startswith("keda.sh/") else CORE


@pytest.mark.parametrize("one", list(everything()))
def test_it_is_what_kubernetes_takes(one: Object) -> None:
    for version in versions_of(one):
        assert faults(one, version) == []


@pytest.mark.parametrize(
    ("overlay", "kind", "path", "value"),
    [
        ("managed", "Deployment", "spec/template/spec/hostUser", False),
        (
            "managed",
            "Deployment",
            "spec/template/spec/containers/0/securityContext/readOnlyRootFileSystem",
            True,
        ),
        ("managed", "NetworkPolicy", "spec/policyTypes", "Egress"),
        ("managed", "ScaledObject", "spec/minReplicas", 1),
        ("managed", "ScaledObject", "spec/triggers/0/metadata/threshold", 2),
    ],
)
def test_a_slip_is_found(overlay: str, kind: str, path: str, value: Any) -> None:
    one = json.loads(json.dumps(next(one for one in objects(overlay) if one["kind"] == kind)))
    place: Any = one
    *way, last = path.split("/")
    for name in way:
        place = place[int(name)] if name.isdigit() else place[name]
    place[last] = value
    assert all(faults(one, version) for version in versions_of(one))


@pytest.mark.parametrize(("one", "container"), list(all_containers()))
def test_a_container_has_limits_a_read_only_root_and_no_privilege_but_the_engines(
    one: Object, container: Object
) -> None:
    pod, context = pod_of(one), container["securityContext"]
    assert pod is not None
    for side in ("requests", "limits"):
        assert set(container["resources"][side]) == {"cpu", "memory", "ephemeral-storage"}
    assert context["readOnlyRootFilesystem"] is True
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert not any("hostPath" in volume for volume in pod["volumes"])
    assert context.get("privileged", False) is False
    assert context["capabilities"]["drop"] == ["ALL"]
    if container["name"] == "engine":
        assert set(context["capabilities"]["add"]) == ENGINE_ONLY
        # In a user namespace of the pod's own, or on a kernel of its own.
        assert pod.get("hostUsers") is False or pod["runtimeClassName"] == "gvisor"
        assert context.get("procMount") != "Unmasked" or pod["hostUsers"] is False
        return
    assert context["allowPrivilegeEscalation"] is False
    assert set(context["capabilities"]) == {"drop"}
    settled = pod["securityContext"] | context
    assert settled["runAsNonRoot"] is True
    assert settled["runAsUser"] >= 999
    assert settled["seccompProfile"] == {"type": "RuntimeDefault"}


@pytest.mark.parametrize(("one", "container"), list(all_containers()))
def test_what_a_container_names_is_there(one: Object, container: Object) -> None:
    pod = pod_of(one)
    assert pod is not None
    volumes = {volume["name"] for volume in pod["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
    assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
    if container["name"] in PORTS:
        assert list(ports.values()) == [PORTS[container["name"]]]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        for way in ("httpGet", "tcpSocket"):
            if way in container.get(probe, {}):
                assert container[probe][way]["port"] in ports
    if container["image"].startswith("registry.example.org/sandglass:"):
        module = [word for word in container["command"] if word not in ("python", "-m", "check")][0]
        assert module == "-c" or (ROOT / module.replace(".", "/") / "__main__.py").is_file()
        for probe in ("startupProbe", "livenessProbe"):
            if "exec" in container.get(probe, {}):
                health = container[probe]["exec"]["command"][2].replace(".", "/")
                assert (ROOT / f"{health}.py").is_file() or (ROOT / health / "__main__.py").is_file()


@pytest.mark.parametrize(("one", "container"), list(all_containers()))
def test_each_variable_is_one_that_the_code_reads_and_fits(
    one: Object, container: Object, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {entry["name"]: entry["value"] for entry in container.get("env", [])}
    ours = {name: value for name, value in given.items() if name.startswith("SANDGLASS_")}
    files = [file for top in CODE for file in (ROOT / top).rglob("*.py")]
    known = names_in(files).union(*map(names_of, (GatewaySettings, ModelSettings, WorkerSettings)))
    assert set(ours) <= known
    if "/sandglass:" not in container["image"]:
        assert not ours
        return
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SANDGLASS_SECRETS", raising=False)
    if container["name"] == "gateway":
        assert load_gateway().port == PORTS["gateway"]
    if container["name"] == "worker":
        settings = load_worker()
        assert settings.metrics_port == PORTS["worker"]
        assert ModelSettings().model


def test_worker_and_proxy_stand_for_the_same() -> None:
    for overlay in OVERLAYS:
        given = {
            container["name"]: {entry["name"]: entry["value"] for entry in container.get("env", [])}
            for one in objects(overlay)
            for container in containers(one)
        }
        worker, proxy, engine = given["worker"], given["engine-proxy"], given["engine"]
        for name in ("SANDGLASS_STACK", "SANDGLASS_IMAGE", "SANDGLASS_SECCOMP_PATH"):
            assert worker[name] == proxy[name]
        assert worker["SANDGLASS_ENGINE_URL"] == proxy["SANDGLASS_PROXY_LISTEN"]
        assert proxy["SANDGLASS_PROXY_ENGINE"] == f"unix://{engine['SOCKET']}"
        jobs = int(worker["SANDGLASS_CONCURRENCY"]) * (1 + int(worker["SANDGLASS_STANDBY"]))
        assert int(proxy["SANDGLASS_MAX_SANDBOXES"]) >= 2 * jobs


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_worker_writes_nothing_that_another_container_of_its_pod_reads(overlay: str) -> None:
    """What it leaves at the proxy's home would be run there by Python, beside the engine's socket."""
    worker = next(one for one in objects(overlay) if one["metadata"]["name"] == "worker" and pod_of(one))
    seen = {container["name"]: container["volumeMounts"] for container in containers(worker)}
    written = {mount["name"] for mount in seen.pop("worker") if not mount.get("readOnly")}
    assert written == {"tmp"}
    assert not written & {mount["name"] for mounts in seen.values() for mount in mounts}


SECRETS = {
    "sandglass-data": {"sandglass_store", "sandglass_redis_url"},
    "sandglass-first-key": {"sandglass_first_key"},
    "sandglass-model": {"openai_api_key"},
    "sandglass-s3": {"sandglass_s3_access_key", "sandglass_s3_secret_key"},
    "sandglass-redis": {"redis_password"},
    "sandglass-mongo": {"mongo_password"},
    "sandglass-tls": {"tls.crt", "tls.key"},
}
"""What README.md has the operator make: their names, and the files in them."""
MAY_HAVE = {
    "gateway": {"sandglass-data", "sandglass-first-key", "sandglass-s3"},
    "worker": {"sandglass-data", "sandglass-model", "sandglass-s3"},
    "redis": {"sandglass-redis"},
    "mongo": {"sandglass-mongo"},
}


@pytest.mark.parametrize("one", list(everything()))
def test_a_pod_has_its_own_secrets_alone_and_only_its_main_container_sees_them(one: Object) -> None:
    pod = pod_of(one)
    if pod is None:
        return
    held = set()
    for volume in pod["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            held.add(source["secret"]["name"])
        if "secret" in volume:
            held.add(volume["secret"]["secretName"])
    assert held == MAY_HAVE[one["metadata"]["name"]]
    assert held <= SECRETS.keys()
    for container in containers(one):
        mounts = [mount for mount in container["volumeMounts"] if mount["name"] == "secrets"]
        assert bool(mounts) is (container["name"] in MAY_HAVE)
        assert all(
            mount == {"name": "secrets", "mountPath": "/run/secrets", "readOnly": True} for mount in mounts
        )


def test_the_readme_makes_each_secret_with_its_files() -> None:
    readme = (FOLDER / "README.md").read_text()
    for name, files in SECRETS.items():
        assert name in readme
        assert all(file in readme for file in files)


def test_secrets_are_read_as_kubernetes_lays_them_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "..2026_01_01"
    data.mkdir()
    for name, value in (
        ("sandglass_store", "mongodb://u:p@mongo/sandglass"),
        ("sandglass_redis_url", "rediss://:p@r:6380/0"),
    ):
        (data / name).write_text(value + "\n")
        (tmp_path / name).symlink_to(Path("..data") / name)
    (tmp_path / "..data").symlink_to(data.name)
    for name in ("SANDGLASS_STORE", "SANDGLASS_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SANDGLASS_SECRETS", str(tmp_path))
    for settings in (load_gateway(), load_worker()):
        assert settings.store == "mongodb://u:p@mongo/sandglass"
        assert settings.redis_url == "rediss://:p@r:6380/0"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_goes_where_no_policy_lets_it(overlay: str) -> None:
    policies = [one["spec"] for one in objects(overlay) if one["kind"] == "NetworkPolicy"]
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in policies
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for one in objects(overlay)
        if pod_of(one) is not None
    }
    reached: dict[tuple[str, str], set[int]] = {}
    for policy in policies:
        chosen = policy["podSelector"].get("matchLabels", {})
        for name, labels in pods.items():
            if chosen.items() <= labels.items():
                for side in ("ingress", "egress"):
                    for rule in policy.get(side, []):
                        assert rule.get("from") or rule.get("to"), "never from or to everywhere"
                        ports = {port["port"] for port in rule["ports"]}
                        reached.setdefault((name, side), set()).update(ports)
    data, outside = {53, 6379, 27017, 9000}, {6379, 6380, 27017, 443}
    more = outside if overlay != "small" else set()
    assert reached.pop(("gateway", "ingress")) == {8000}
    assert reached.pop(("gateway", "egress")) == data | more
    assert reached.pop(("worker", "ingress")) == {9464}
    assert reached.pop(("worker", "egress")) == data | {11434} | more
    if overlay == "small":
        assert reached == {("redis", "ingress"): {6379}, ("mongo", "ingress"): {27017}}
    else:
        assert reached == {}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_chooses_finds_what_it_chooses(overlay: str) -> None:
    made = {(one["kind"], one["metadata"]["name"]): one for one in objects(overlay)}
    labels = [
        one["spec"]["template"]["metadata"]["labels"] for one in made.values() if pod_of(one) is not None
    ]
    for (kind, name), one in made.items():
        if kind == "Service":
            assert any(one["spec"]["selector"].items() <= found.items() for found in labels), name
        if kind in ("Deployment", "StatefulSet", "PodDisruptionBudget"):
            chosen = one["spec"]["selector"]["matchLabels"].items()
            assert len([found for found in labels if chosen <= found.items()]) == 1, name
        if kind in ("HorizontalPodAutoscaler", "ScaledObject"):
            assert ("Deployment", one["spec"]["scaleTargetRef"]["name"]) in made
            assert "replicas" not in made["Deployment", one["spec"]["scaleTargetRef"]["name"]]["spec"]


def test_the_scaler_asks_for_a_metric_that_the_gateway_has_and_counts_by_the_slots_of_a_worker() -> None:
    scaler = next(one for one in objects("managed") if one["kind"] == "ScaledObject")
    (trigger,) = scaler["spec"]["triggers"]
    metrics = (ROOT / "gateway/metrics.py").read_text()
    assert '"sandglass_jobs"' in metrics
    assert "sandglass_jobs{" in trigger["metadata"]["query"]
    worker = next(item for one in objects("managed") for item in containers(one) if item["name"] == "worker")
    slots = next(entry["value"] for entry in worker["env"] if entry["name"] == "SANDGLASS_CONCURRENCY")
    assert trigger["metadata"]["threshold"] == slots


def test_overlays_name_all_images_of_ours_and_no_file_is_left_over() -> None:
    base = [item["image"] for one in render(FOLDER / "base") for item in containers(one)]
    assert set(base) == OURS
    for overlay in OVERLAYS:
        used = {item["image"] for one in objects(overlay) for item in containers(one)}
        assert not OURS & used
    named = {
        (path.parent / name).resolve()
        for path in FOLDER.rglob("kustomization.yaml")
        for key in ("resources", "components")
        for name in yaml.safe_load(path.read_text()).get(key, [])
    }
    manifests = {path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml"}
    assert manifests <= named
