"""Where are the policy files: the shipped ones, and an operator's own in `SANDGLASS_POLICY_DIR`?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

SHIPPED = Path(__file__).parent
VARIABLE = "SANDGLASS_POLICY_DIR"


class PolicyError(ValueError):
    """A policy file is missing, is not TOML, or says something that a policy cannot say."""


def policy_files(environ: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """The file of each policy by its name, sorted.

    Raises:
        PolicyError: The folder is not one, or a file in it has the name of a shipped policy.
    """
    shipped = files_in(SHIPPED)
    own = _own_files(environ.get(VARIABLE, ""))
    if doubled := sorted(shipped.keys() & own.keys()):
        raise PolicyError(
            f"{own[doubled[0]]}: {doubled[0]!r} is the name of a policy that ships with Sandglass; "
            "give the file, and `name` in it, another one"
        )
    return dict(sorted({**shipped, **own}.items()))


def files_in(folder: Path) -> dict[str, Path]:
    """The file of each policy of one folder by its name, sorted."""
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def _own_files(folder: str) -> dict[str, Path]:
    if not folder:
        return {}
    path = Path(folder)
    if not path.is_absolute():
        raise PolicyError(f"{VARIABLE} must be an absolute path, not {folder!r}")
    try:
        if not path.is_dir():
            raise PolicyError(f"{VARIABLE}: {folder!r} is not a folder")
        next(path.iterdir(), None)
        return files_in(path)
    except OSError as error:
        raise PolicyError(f"{VARIABLE}: cannot read {folder!r}: {error.strerror}") from None
