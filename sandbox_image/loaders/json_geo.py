"""How does a feature of GeoJSON become a record?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

_SKELETON = ("type", "properties", "geometry")


def is_feature(value: Any) -> bool:
    """Whether it is one feature."""
    return (
        isinstance(value, dict)
        and value.get("type") == "Feature"
        and isinstance(value.get("properties"), dict | None)
        and "geometry" in value
    )


def feature_records(features: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One record for each feature: its properties, then where it is."""
    taken = {key for feature in features for key in feature.get("properties") or {}}
    lat, lon = ("geometry.lat", "geometry.lon") if taken & {"lat", "lon"} else ("lat", "lon")
    found = []
    for feature in features:
        record = {key: value for key, value in feature.items() if key not in _SKELETON}
        record.update(feature.get("properties") or {})
        geometry = feature.get("geometry") or {}
        place = geometry.get("coordinates", geometry.get("geometries"))
        record["geometry.type"] = geometry.get("type")
        record["geometry.coordinates"] = None if place is None else json.dumps(place)
        if geometry.get("type") == "Point" and isinstance(place, list) and len(place) >= 2:
            record[lat], record[lon] = place[1], place[0]
        found.append(record)
    return found
