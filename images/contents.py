"""What is in an image: which Debian packages and Python libraries, of which version, under which licence?

Standard library only: it runs twice in the build of an image. `contents.py before` notes all that is
installed; `contents.py after`, when the image is trimmed, keeps what still has a file and writes `CONTENTS`.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

CONTENTS = Path("/usr/local/share/sandglass/contents.json")
_DRAFT = Path("/var/tmp/contents.json")
_DPKG = Path("/var/lib/dpkg")
_FIELDS = "${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\n"
_NO_FILES = ("/usr/share/doc/", "/usr/share/lintian/", "/usr/share/man/", "/usr/share/bug/")
_FORMAT = "https://www.debian.org/doc/packaging-manuals/copyright-format/"
_LICENCE = re.compile(r"^License:[ \t]*(\S.*)$", re.MULTILINE)
_COMMON = re.compile(r"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9+])")
Component = dict[str, Any]


def note_all() -> None:
    """Write the draft: every package with its files, every library with the digest of its wheel."""
    _DRAFT.write_text(json.dumps({"debian": _packages(), "python": _libraries()}), "utf-8")


def keep_what_is_there() -> None:
    """Write `CONTENTS` from the draft: a package is there if a file or a link of it is."""
    draft = json.loads(_DRAFT.read_text("utf-8"))
    kept = [package for package in draft["debian"] if any(map(_is_there, package.pop("files")))]
    CONTENTS.parent.mkdir(parents=True, exist_ok=True)
    found = {"debian": kept, "python": draft["python"]}
    CONTENTS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")


def _packages() -> list[Component]:
    command = ["dpkg-query", "--show", f"--showformat={_FIELDS}"]
    listed = [line.split("\t") for line in _output(*command).splitlines()]
    digests = _package_digests([f"{name}:{architecture}" for name, _, architecture, *_ in listed])
    return [_package(digests, *fields) for fields in listed]


def _package(
    digests: dict[str, str], name: str, version: str, architecture: str, source: str, source_version: str
) -> Component:
    lists = [_DPKG / "info" / f"{name}.list", _DPKG / "info" / f"{name}:{architecture}.list"]
    lines = next((path.read_text("utf-8").splitlines() for path in lists if path.exists()), [])
    return {
        "name": name,
        "version": version,
        "architecture": architecture,
        "source": source,
        "source_version": source_version,
        "licences": _licences_of(name),
        "sha256": digests.get(f"{name}={version}", ""),
        "files": [line for line in lines if not line.startswith(_NO_FILES)],
    }


def _package_digests(names: list[str]) -> dict[str, str]:
    """SHA-256 of the packages, where the build has apt's lists: a base of mmdebstrap has none."""
    found = {}
    for record in _output("apt-cache", "show", "--no-all-versions", *names).split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|SHA256): (\S+)$", record, re.MULTILINE))
        if len(fields) == 3:
            found[f"{fields['Package']}={fields['Version']}"] = fields["SHA256"]
    return found


def _output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _licences_of(package: str) -> list[str]:
    try:
        text = Path(f"/usr/share/doc/{package}/copyright").read_text("utf-8", "replace")
    except OSError:
        return []
    named = _LICENCE.findall(text) if _FORMAT in text.replace("http:", "https:") else _COMMON.findall(text)
    return sorted({name.strip().rstrip(",.") for name in named})


def _libraries() -> list[Component]:
    digests = _wheel_digests()
    found = []
    for library in importlib.metadata.distributions(path=["/usr/local/lib/python3.11/dist-packages"]):
        name = library.metadata["Name"]
        found.append(
            {
                "name": name,
                "version": library.version,
                "licences": _declared(library.metadata) or _title_of_licence(library),
                "sha256": digests.get(_canonical(name), ""),
            }
        )
    return sorted(found, key=lambda component: str(component["name"]).lower())


def _wheel_digests() -> dict[str, str]:
    """SHA-256 of each wheel that was installed, as pip reported it."""
    found = {}
    for report in Path("/tmp").glob("pip-report*.json"):
        for item in json.loads(report.read_text("utf-8"))["install"]:
            digest = item["download_info"]["archive_info"]["hashes"]["sha256"]
            found[_canonical(item["metadata"]["name"])] = digest
    return found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared(metadata: importlib.metadata.PackageMetadata) -> list[str]:
    fields = dict(metadata.items())  # type: ignore[attr-defined]
    if expression := fields.get("License-Expression"):
        return [expression]
    classifiers = metadata.get_all("Classifier") or []
    named = [
        line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: OSI Approved :: ")
    ]
    text = (fields.get("License") or "").strip()
    # Some put the whole text of their licence there.
    return named or ([text] if text and "\n" not in text and len(text) < 100 else [])


def _title_of_licence(library: importlib.metadata.Distribution) -> list[str]:
    """The first words of the licence that lies beside a library which says none."""
    texts = (file.read_text("utf-8") for file in library.files or [] if file.name.startswith("LICEN"))
    return [text.strip().partition("\n")[0].strip() for text in texts][:1]


def _is_there(name: str) -> bool:
    path = Path(name)
    return path.is_symlink() or path.is_file()


if __name__ == "__main__":
    {"before": note_all, "after": keep_what_is_there}[sys.argv[1]]()
