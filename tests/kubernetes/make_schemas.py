"""Makes `schemas.json` anew, by hand: the strict schemas of the kinds that compose/kubernetes uses.

    python -m tests.kubernetes.make_schemas UNPACKED_WHEEL KEDA_SOURCE > tests/kubernetes/schemas.json

The first argument is where PyPI's kubernetes-validate (Apache-2.0) is unpacked: 22 MB, of which it takes what
is needed. The second is the Go module github.com/kedacore/keda/v2 (Apache-2.0) with its resource definitions.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

VERSIONS = ("1.34.0", "1.37.0")
"""The oldest that is still maintained, and the newest."""
KINDS = {
    "v1/Namespace": "namespace-v1",
    "v1/Service": "service-v1",
    "v1/ServiceAccount": "serviceaccount-v1",
    "apps/v1/Deployment": "deployment-apps-v1",
    "apps/v1/StatefulSet": "statefulset-apps-v1",
    "autoscaling/v2/HorizontalPodAutoscaler": "horizontalpodautoscaler-autoscaling-v2",
    "networking.k8s.io/v1/Ingress": "ingress-networking-v1",
    "networking.k8s.io/v1/NetworkPolicy": "networkpolicy-networking-v1",
    "node.k8s.io/v1/RuntimeClass": "runtimeclass-node-v1",
    "policy/v1/PodDisruptionBudget": "poddisruptionbudget-policy-v1",
}
KEDA = "keda.sh/v1alpha1/ScaledObject"


def main(wheel: Path, keda: Path) -> None:
    made: dict[str, Any] = {version: _bundle(wheel, version) for version in VERSIONS}
    crd = yaml.safe_load((keda / "config/crd/bases/keda.sh_scaledobjects.yaml").read_text())
    made["keda 2.21.0"] = {KEDA: _strict(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"])}
    json.dump(made, sys.stdout, sort_keys=True, separators=(",", ":"))


def _bundle(wheel: Path, version: str) -> dict[str, Any]:
    folder = wheel / f"kubernetes_validate/kubernetes-json-schema/v{version}-local-strict"
    definitions = json.loads((folder / "_definitions.json").read_text())["$defs"]
    kinds = {kind: _plain(json.loads((folder / f"{name}.json").read_text())) for kind, name in KINDS.items()}
    taken: dict[str, Any] = {}
    wanted = _references(kinds)
    while wanted - taken.keys():
        taken |= {name: _plain(definitions[name]) for name in wanted - taken.keys()}
        wanted = _references(taken)
    return kinds | {"$defs": taken}


def _plain(schema: Any) -> Any:
    """Without descriptions, and with references inside of one document."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for name, value in schema.items():
        if name == "properties":  # a property may be called "description"
            kept[name] = {key: _plain(item) for key, item in value.items()}
        elif name == "$ref":
            kept[name] = "#/$defs/" + value.rpartition("/")[2]
        elif name not in ("description", "$id", "$schema") and not name.startswith("x-"):
            kept[name] = _plain(value)
    return kept


def _strict(schema: Any) -> Any:
    """A CRD's schema, where what is not named is refused."""
    plain = _plain(schema)
    if isinstance(plain, dict):
        plain = {name: _strict_below(name, value) for name, value in plain.items()}
        if "properties" in plain and "additionalProperties" not in plain:
            plain["additionalProperties"] = False
    return plain


def _strict_below(name: str, value: Any) -> Any:
    if name == "properties":
        # As Kubernetes has it, `metadata` is its own and not the CRD's.
        return {key: item if key == "metadata" else _strict(item) for key, item in value.items()}
    return _strict(value) if isinstance(value, dict) else value


def _references(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(_references, schema))
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*map(_references, schema.values()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
