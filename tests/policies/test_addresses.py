"""Only addresses of the public internet are dialled, whatever they are written like."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.addresses import is_global, judge_addresses

REFUSED_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32",
]  # fmt: skip
REFUSED_V6 = [
    "::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32",
    "2001:2::/48", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
    "fec0::/10", "ff00::/8",
]  # fmt: skip


def _within(network: str) -> st.SearchStrategy[str]:
    return st.ip_addresses(network=network).map(str)


@given(st.one_of([_within(network) for network in REFUSED_V4 + REFUSED_V6]))
def test_no_address_of_a_refused_range_passes(address: str) -> None:
    assert not is_global(address)
    assert judge_addresses(["93.184.216.34", address]) != ""


@given(st.ip_addresses(v=4))
def test_no_ipv6_spelling_of_an_ipv4_address_passes(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    for outer in (
        number,  # compatible
        0xFFFF << 32 | number,  # mapped
        0xFFFF << 48 | number,  # translated
        0x64FF9B << 96 | number,  # NAT64
        0x2002 << 112 | number << 80,  # 6to4
        0x20010000 << 96 | (number ^ 0xFFFFFFFF),  # Teredo
        0x2A00_0001 << 96 | 0x5EFE << 32 | number,  # ISATAP
        0x2A00_0001 << 96 | 0x0200_5EFE << 32 | number,
    ):
        assert not is_global(str(ipaddress.IPv6Address(outer)))


@given(st.ip_addresses().filter(lambda address: not address.is_global))
def test_what_python_calls_not_global_never_passes(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assert not is_global(str(address))


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.170.2", "100.100.100.200", "100.96.0.96", "100.80.80.80", "192.0.0.192",
        "168.63.129.16", "fd00:ec2::254", "fe80::a9fe:a9fe", "::ffff:169.254.169.254", "192.168.65.7",
    ],
)  # fmt: skip
def test_N03_N04_N05_metadata_gateways_and_engines_are_refused(address: str) -> None:
    assert address in judge_addresses([address])


@pytest.mark.parametrize(
    "odd",
    ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "1.2.3", "fe80::1%eth0", "2a00:1450::1%1", "[::1]",
     " 8.8.8.8", "8.8.8.8\n", "８.8.8.8", "", "host.example"],
)  # fmt: skip
def test_what_is_not_strictly_an_address_is_refused(odd: str) -> None:
    assert not is_global(odd)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2a00:1450:4001::8b"])
def test_public_addresses_pass(address: str) -> None:
    assert judge_addresses([address, "1.1.1.1"]) == ""


def test_a_name_without_an_address_is_refused() -> None:
    assert "no address" in judge_addresses([])
