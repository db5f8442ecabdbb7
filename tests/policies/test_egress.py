"""The pure decision: default deny, and no spelling of anything gets around it."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies.egress import Asked, Verdict, asked_of_authority, asked_of_url, decide
from policies.model import Egress

EGRESS = Egress(hosts=("api.example.org", "*.data.example"))
NAMES = st.from_regex(r"[a-zA-Z0-9.-]{1,40}", fullmatch=True)
ANY_TEXT = st.text(max_size=60)


def connect(authority: str, egress: Egress = EGRESS) -> Verdict:
    return decide(asked_of_authority(authority, "https"), egress)


def listed(host: str) -> bool:
    lower = host.lower()
    return lower == "api.example.org" or (lower.endswith(".data.example") and lower != ".data.example")


def test_what_is_listed_may_be_asked_for() -> None:
    assert connect("api.example.org:443") == Verdict(True, "api.example.org", 443)
    assert connect("a.b.data.example:443").allowed
    found = asked_of_url("http://API.example.org/a?b=1")
    assert found is not None
    assert decide(found[0], EGRESS) == Verdict(True, "api.example.org", 80)
    assert found[1] == "/a?b=1"


@given(ANY_TEXT | NAMES)
@example("api.example.org")
def test_no_host_passes_that_is_not_in_the_list(host: str) -> None:
    verdict = decide(Asked("https", host, 443), EGRESS)
    assert verdict.allowed <= (host.isascii() and listed(host))
    assert verdict.allowed or verdict.reason


@given(ANY_TEXT | NAMES)
def test_no_host_passes_an_empty_list(host: str) -> None:
    assert not decide(Asked("https", host, 443), Egress()).allowed


@given(
    ANY_TEXT,
    st.sampled_from(["{}:443", "{}@api.example.org:443", "api.example.org:443{}", "{}api.example.org:443"]),
)
def test_no_authority_passes_whose_host_is_another(text: str, form: str) -> None:
    verdict = connect(form.format(text))
    assert not verdict.allowed or listed(form.format(text).removesuffix(":443"))


@given(NAMES | st.sampled_from(["api.example.org", "x.data.example", "127.0.0.1"]), st.data())
def test_a_decision_is_the_same_in_any_case(host: str, data: st.DataObject) -> None:
    flips = data.draw(st.lists(st.booleans(), min_size=len(host), max_size=len(host)))
    other = "".join(c.swapcase() if flip else c for c, flip in zip(host, flips, strict=True))
    first, second = (decide(Asked("https", text, 443), EGRESS) for text in (host, other))
    assert first.allowed == second.allowed
    again = decide(Asked("https", first.host, 443), EGRESS)
    assert again == first


@given(st.ip_addresses())
def test_no_spelling_of_an_address_passes(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    number = int(address)
    spellings = [str(address), f"[{address}]", address.exploded, str(number), hex(number), f"0{number:o}"]
    if address.version == 4:
        a, b, c, d = address.packed
        spellings += [
            f"{a}.{b << 16 | c << 8 | d}", f"{a}.{b}.{c << 8 | d}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
            f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"{a}.{b}.{c}.0x{d:x}", f"::ffff:{address}", f"[::{address}]",
        ]  # fmt: skip
    else:
        spellings += [f"{address}%eth0", f"[{address}%25eth0]"]
    wide = Egress(hosts=("api.example.org",))
    for text in spellings:
        for spelled in (text, f"{text}.", text.upper()):
            verdict = decide(Asked("https", spelled, 443), wide)
            assert not verdict.allowed
            assert any(word in verdict.reason for word in ("IP address", "encoded", "not ASCII"))


@pytest.mark.parametrize(
    "authority",
    [
        "evil.example:443", "api.example.org.evil.example:443", "evilapi.example.org:443", "example.org:443",
        "www.api.example.org:443", "data.example:443", "xdata.example:443", "api.example.org.:443",
        "user@api.example.org:443", "user:pass@api.example.org:443", "api.example.org@evil.example:443",
        "api.example.org:443@evil.example:443", "api%2eexample.org:443",
        "api.example.org%00.evil.example:443",
        "api.example.org\r\nHost: evil.example:443", "api.example.org\n:443", "api.example.org\x00:443",
        "api.example.org :443", "\tapi.example.org:443", "api.example.org/:443",
        "api.example.org\\@evil.example:443",
        "api.example.org", "api.example.org:", "api.example.org:0", "api.example.org:-443",
        "api.example.org:+443",
        "api.example.org:0443", "api.example.org:443 ", "api.example.org:４４３", "api.example.org:65979",
        "[api.example.org]:443", "*.data.example:443", ".data.example:443", "a..data.example:443",
        "аpi.example.org:443", "api。example。org:443", "api．example．org:443", "ａｐｉ.example.org:443",
        "api.example.org\u200b:443", "api.exampⅼe.org:443", "xn--pi-7lc.example.org:443", ":443", "",
        f"{'a' * 64}.data.example:443", f"{'a.' * 130}data.example:443", "_x.data.example:443",
        "-a.data.example:443",
    ],
)  # fmt: skip
def test_N08_no_other_spelling_of_a_host_passes(authority: str) -> None:
    verdict = connect(authority)
    assert not verdict.allowed
    assert verdict.reason


@pytest.mark.parametrize("port", [22, 25, 80, 8080, 8443, 2375])
def test_N11_a_tunnel_goes_to_port_443_only(port: int) -> None:
    assert "port 443" in connect(f"api.example.org:{port}").reason


@pytest.mark.parametrize(
    "url",
    ["http://api.example.org:8080/", "http://api.example.org:443/", "http://u:p@api.example.org/",
     "http://api.example.org\\@evil.example/", "http://evil.example/?api.example.org", "http://127.1/",
     "http:///x", "http://?x"],
)  # fmt: skip
def test_N08_no_other_url_passes(url: str) -> None:
    found = asked_of_url(url)
    assert found is not None
    assert not decide(found[0], EGRESS).allowed


@pytest.mark.parametrize(
    "url", ["https://api.example.org/", "/path", "*", "ftp://api.example.org/", "http:/x", "http://a/#b"]
)
def test_what_is_no_absolute_http_url_is_no_request(url: str) -> None:
    assert asked_of_url(url) is None


def test_a_refusal_says_what_is_listed() -> None:
    assert "api.example.org, *.data.example" in connect("evil.example:443").reason
    many = Egress(hosts=tuple(f"h{n}.example" for n in range(12)))
    assert "and 4 more" in connect("evil.example:443", many).reason
    assert "the list is empty" in connect("evil.example:443", Egress()).reason
