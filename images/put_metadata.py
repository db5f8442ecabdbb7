"""What does an installer write beside the code: version, licence, and the command `sandglass`?

Standard library only: it runs in the build of the image. `put_metadata.py pyproject.toml /built/usr/local`.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

_SCRIPT = """#!/usr/bin/python3
import sys
from {module} import {function}
sys.exit({function}())
"""


def main(project_file: Path, prefix: Path) -> None:
    """Write the `.dist-info` folder and the scripts."""
    project = tomllib.loads(project_file.read_text("utf-8"))["project"]
    packages = prefix / "lib" / "python3.11" / "dist-packages"
    folder = packages / f"{project['name']}-{project['version']}.dist-info"
    folder.mkdir()
    fields = {
        "Metadata-Version": "2.4",
        "Name": project["name"],
        "Version": project["version"],
        "Summary": project["description"],
        "License-Expression": project["license"],
        "Requires-Python": project["requires-python"],
    }
    lines = [f"{name}: {value}" for name, value in fields.items()]
    lines += [f"Requires-Dist: {needed}" for needed in project["dependencies"]]
    (folder / "METADATA").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "INSTALLER").write_text("images/put_metadata.py\n", "utf-8")
    bin_folder = prefix / "bin"
    bin_folder.mkdir()
    for name, target in project["scripts"].items():
        module, function = target.split(":")
        script = bin_folder / name
        script.write_text(_SCRIPT.format(module=module, function=function), "utf-8")
        script.chmod(0o755)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
