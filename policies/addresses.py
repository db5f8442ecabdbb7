"""May this address be dialled for code? Only what all the internet can reach, and none that hides another."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

_IPV4_REFUSED = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT; metadata services of several clouds
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform service, on each of its hosts
        "169.254.0.0/16",  # link-local; metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_IPV6_GLOBAL = ipaddress.IPv6Network("2000::/3")
"""All that is given out as global unicast; mapped, NAT64, ULA, link-local and multicast lie outside."""
_IPV6_REFUSED = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "3ffe::/16",  # the old 6bone
        "3fff::/20",  # documentation
    )
)
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)
"""Bits 64 to 95 of an address that has an IPv4 address after them."""


def is_global(text: str) -> bool:
    """Whether `text` is an IP address, strictly written, that the whole internet can reach."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _IPV4_REFUSED)
    if address.scope_id is not None or address not in _IPV6_GLOBAL:
        return False
    if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return False
    return not any(address in network for network in _IPV6_REFUSED)


def judge_addresses(addresses: Sequence[str]) -> str:
    """Why a name with these addresses is not dialled; empty: it may be.

    One that is not global refuses them all: whoever answers with both means to have the inner one dialled.
    """
    if not addresses:
        return "its name has no address"
    refused = next((address for address in addresses if not is_global(address)), None)
    if refused is None:
        return ""
    return f"its name leads to {refused[:60]}, which is not an address of the public internet"
