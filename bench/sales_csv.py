"""What does a large table look like whose answers are known beforehand?"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

REGIONS = ("North", "South", "East", "West")
PRODUCTS = ("Anvil", "Bellows", "Chisel", "Drill", "Easel", "File", "Gauge", "Hammer")
HEADER = "order_id,order_date,region,product,quantity,amount,comment\n"
_BLOCK_ROWS = 20_000
_SEED = 20261121


@dataclass(frozen=True)
class SalesFile:
    """A file, and the sums by region that its rows have."""

    path: Path
    size_bytes: int
    rows: int
    amount_by_region: dict[str, int]


def write_sales(path: Path, least_bytes: int) -> SalesFile:
    """Write at least so many bytes of orders, the same ones every time. Amounts are whole: sums are exact."""
    chance, sums, rows, size = random.Random(_SEED), Counter[str](), 0, 0  # noqa: S311 - no secret
    with path.open("w", encoding="ascii", newline="") as file:
        size += file.write(HEADER)
        while size < least_bytes:
            block = []
            for number in range(rows + 1, rows + _BLOCK_ROWS + 1):
                region, amount = chance.choice(REGIONS), chance.randrange(1, 10_000)
                sums[region] += amount
                block.append(_line(number, region, amount, chance))
            size += file.write("".join(block))
            rows += _BLOCK_ROWS
    return SalesFile(path, size, rows, dict(sums))


def _line(number: int, region: str, amount: int, chance: random.Random) -> str:
    date = f"20{chance.randrange(20, 26)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    comment = f"{chance.getrandbits(64):016x}"
    return (
        f"{number},{date},{region},{chance.choice(PRODUCTS)},{chance.randrange(1, 50)},{amount},{comment}\n"
    )
