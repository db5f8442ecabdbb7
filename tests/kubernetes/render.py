"""What does `kubectl kustomize` make of an overlay? The few things of it that compose/kubernetes uses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.engine_services import ROOT

FOLDER = ROOT / "compose/kubernetes"
CLUSTER_WIDE = ("Namespace", "RuntimeClass")
KNOWN = {"apiVersion", "kind", "namespace", "resources", "components", "patches", "images"}
Object = dict[str, Any]


def render(folder: Path) -> list[Object]:
    """All objects of a kustomization, in the order in which it names them."""
    return _made(folder.resolve(), [])


def _made(folder: Path, given: list[Object]) -> list[Object]:
    said = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert set(said) <= KNOWN, f"{folder}: this loader does not know {sorted(set(said) - KNOWN)}"
    objects = list(given)
    for name in said.get("resources", []):
        path = folder / name
        objects += render(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text()))
    for name in said.get("components", []):
        objects = _made((folder / name).resolve(), objects)
    for patch in said.get("patches", []):
        target = patch["target"]
        (found,) = [
            one
            for one in objects
            if (one["kind"], one["metadata"]["name"]) == (target["kind"], target["name"])
        ]
        for step in yaml.safe_load(patch["patch"]):
            _step(found, step)
    for one in objects:
        if "namespace" in said and one["kind"] not in CLUSTER_WIDE:
            one["metadata"]["namespace"] = said["namespace"]
    for image in said.get("images", []):
        for container in (item for one in objects for item in containers(one)):
            if container["image"].rpartition(":")[0] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"
    return objects


def pod_of(one: Object) -> Object | None:
    """The pod that an object makes."""
    return one["spec"]["template"]["spec"] if one["kind"] in ("Deployment", "StatefulSet") else None


def containers(one: Object) -> Iterator[Object]:
    """All containers of an object, those of its start and its sidecars too."""
    pod = pod_of(one)
    if pod is not None:
        yield from pod.get("initContainers", [])
        yield from pod["containers"]


def _step(one: Object, step: dict[str, Any]) -> None:
    *path, last = step["path"].removeprefix("/").split("/")
    place: Any = one
    for name in path:
        place = place[int(name)] if isinstance(place, list) else place[name]
    if step["op"] == "remove":
        del place[last]
    else:
        assert step["op"] == "add", step
        place[last] = step["value"]
