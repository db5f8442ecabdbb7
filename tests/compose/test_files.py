"""Does each compose tool understand each file, with each profile, and say the same of it?"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compose.tools import TOOLS
from tests.engine_services import ROOT

FOLDER = ROOT / "compose"
PROFILES = ("", "ollama", "monitoring", "tls", "s3", "ollama,monitoring,tls,s3")
ALWAYS = {"gateway", "worker", "engine-proxy", "redis", "mongo"}
OPTIONAL = {
    "ollama": {"ollama", "ollama-pull"},
    "monitoring": {"prometheus", "grafana", "flower"},
    "tls": {"tls"},
    "s3": {"minio", "s3-bucket"},
}
_SHELL_MAY_SET = ("SANDGLASS_", "COMPOSE_", "OPENAI_", "OLLAMA_")


def _config(tool: str, files: list[str], profiles: str) -> dict[str, Any]:
    command = TOOLS[tool]()
    for name in files:
        command += ["-f", str(FOLDER / name)]
    environ = {key: value for key, value in os.environ.items() if not key.startswith(_SHELL_MAY_SET)}
    done = subprocess.run(
        [*command, "config"],
        env={**environ, "COMPOSE_PROJECT_NAME": "sandglass", "COMPOSE_PROFILES": profiles},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


def _plain() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return found


@pytest.mark.parametrize("profiles", PROFILES)
@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_reads_it_with_each_profile(tool: str, profiles: str) -> None:
    services = _config(tool, ["compose.yaml"], profiles)["services"]
    wanted = ALWAYS.union(*(OPTIONAL[name] for name in profiles.split(",") if name))
    # 1.29 shows those of other profiles as well, and starts only the wanted ones.
    assert wanted <= set(services) if tool == "docker-compose-1" else wanted == set(services)


@pytest.mark.parametrize("name", ["gpu.yaml", "outside.yaml"])
@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_reads_the_overrides(tool: str, name: str) -> None:
    services = _config(tool, ["compose.yaml", name], "ollama")["services"]
    if name == "outside.yaml":
        assert set(services["worker"]["networks"]) == {"back", "out"}
    elif tool != "podman-compose":
        devices = services["ollama"]["deploy"]["resources"]["reservations"]["devices"]
        assert devices[0]["capabilities"] == ["gpu"]


def test_pythons_are_not_process_1_which_is_deaf_until_they_are_loaded() -> None:
    services = _plain()["services"]
    with_init = [name for name in services if services[name].get("init")]
    assert with_init == ["gateway", "worker", "engine-proxy"]


def test_only_loopback_is_published() -> None:
    for name, service in _plain()["services"].items():
        for port in service.get("ports", []):
            assert port.startswith(("127.0.0.1:", "${SANDGLASS_TLS_BIND:-127.0.0.1}:")), (name, port)


def test_each_service_is_bounded() -> None:
    for name, service in _plain()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges" in service["security_opt"], name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        assert service["mem_limit"], name
        assert service["cpus"], name
        assert service["pids_limit"], name
        assert service["restart"] in ("unless-stopped", "on-failure"), name


def test_the_capabilities_that_are_added_back() -> None:
    added = {name: service.get("cap_add", []) for name, service in _plain()["services"].items()}
    assert {name: caps for name, caps in added.items() if caps} == {"tls": ["NET_BIND_SERVICE"]}


def test_the_limits_are_those_of_the_requirements() -> None:
    """3.7: 200m-1000m and 256Mi-1Gi for the API, 500m-2000m and 1Gi-4Gi for the worker, and so on."""
    wanted = {
        "gateway": (205, 1.0, "256m", "1g"),
        "worker": (512, 2.0, "1g", "4g"),
        "redis": (102, 0.5, "128m", "512m"),
        "ollama": (1024, 4.0, "4g", "8g"),
    }
    services = _plain()["services"]
    keys = ("cpu_shares", "cpus", "mem_reservation", "mem_limit")
    assert {name: tuple(services[name][key] for key in keys) for name in wanted} == wanted


def test_volumes_are_named_and_the_rest_is_read_only() -> None:
    plain = _plain()
    for name, service in plain["services"].items():
        for volume in service.get("volumes", []):
            source, _, target = volume.rpartition(":") if volume.endswith(":ro") else (volume, "", "")
            source = volume.split(":")[0]
            if volume.startswith(("./", "../")):
                assert target == "ro", (name, volume)
            elif not volume.startswith("${SANDGLASS_ENGINE_SOCKET"):
                assert source in plain["volumes"], (name, volume)


def test_the_engine_and_the_model_key_are_where_they_belong() -> None:
    services = _plain()["services"]
    with_engine = [name for name in services if "ENGINE_SOCKET" in str(services[name].get("volumes"))]
    assert with_engine == ["engine-proxy"]
    assert services["engine-proxy"]["network_mode"] == "none"
    assert not services["engine-proxy"].get("secrets")
    with_key = [name for name in services if "openai_api_key" in services[name].get("secrets", [])]
    assert with_key == ["worker"]
    assert "engine:/run/sandglass-engine:ro" in services["worker"]["volumes"]


def test_images_are_pinned() -> None:
    for name, service in _plain()["services"].items():
        image = service["image"].split(":-")[1].rstrip("}")
        tag = image.split(":")[1]
        assert tag not in ("latest", ""), name
        if not image.startswith("sandglass"):
            assert image.startswith("docker.io/"), name
            assert tag[0] in "v0123456789R", name


def test_back_leads_nowhere() -> None:
    plain = _plain()
    assert plain["networks"]["back"] == {"internal": True}
    for name in ("worker", "redis", "mongo", "minio"):
        assert plain["services"][name]["networks"] == ["back"], name


def test_every_secret_is_made() -> None:
    made = (FOLDER / "settings.sh").read_text()
    for name in _plain()["secrets"]:
        assert f"    secret {name} " in made, name


def test_every_file_that_is_mounted_is_there() -> None:
    for service in _plain()["services"].values():
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert Path(FOLDER, volume.split(":")[0]).exists(), volume


def test_caddy_is_given_every_variable_that_its_file_names() -> None:
    named = set(re.findall(r"\{\$([A-Z_]+)", (FOLDER / "tls/Caddyfile").read_text()))
    assert "SANDGLASS_TLS_PORT" in named, "where plain HTTP leads: Caddy knows only the port inside"
    assert named <= set(_plain()["services"]["tls"]["environment"])


def test_gateway_and_worker_are_given_all_of_s3() -> None:
    services = _plain()["services"]
    for name in ("gateway", "worker"):
        assert {"SANDGLASS_BLOBS", "SANDGLASS_S3_PUBLIC_ENDPOINT"} <= set(services[name]["environment"])
        assert {"sandglass_s3_access_key", "sandglass_s3_secret_key"} <= set(services[name]["secrets"])
