# SPDX-License-Identifier: Apache-2.0
"""`python -m sandbox_image.charts`: the package as one script, which exports carry.

Kept as `gateway/exports/chart.txt`, for the gateway may run where this folder is not.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PARTS = ("labels", "lines", "bars", "spread", "__init__")
_LICENCE = "# SPDX-License-Identifier: Apache-2.0\n"
_FUTURE = "from __future__ import annotations\n"
_RELATIVE = re.compile(r"^from \.\w+ import (?:\([^)]*\)|.*)\n", re.MULTILINE)


def script() -> str:
    """The parts one after the other, without their relative imports, and the licence once."""
    folder = Path(__file__).parent
    texts = [(folder / f"{part}.py").read_text("utf-8").removeprefix(_LICENCE) for part in PARTS]
    texts = [text.replace(_FUTURE, "") for text in texts]
    return _LICENCE + _FUTURE + "".join(_RELATIVE.sub("", text) for text in texts)


if __name__ == "__main__":
    sys.stdout.write(script())
