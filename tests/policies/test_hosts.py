"""Which rules a policy may list, and what counts as the name of a host."""

import pytest

from policies.hosts import BadHostError, host_name, host_rule, matches
from policies.model import PolicyError, parse_policy


@pytest.mark.parametrize(
    "rule", ["example.org", "*.example.org", "a.b.c-d.example", "xn--mnchen-3ya.example"]
)
def test_a_sound_rule_is_taken_as_it_is(rule: str) -> None:
    assert host_rule(rule) == rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("127.0.0.1", "IP address"),
        ("2130706433", "IP address"),
        ("0x7f.1", "IP address"),
        ("[::1]", "IP address"),
        ("fe80::1", "IP address"),
        ("*", "'\\*'"),
        ("*.*.example.org", "'\\*'"),
        ("api.*.example.org", "'\\*'"),
        ("*example.org", "'\\*'"),
        ("Example.org", "'example.org'"),
        ("münchen.de", "'xn--mnchen-3ya.de'"),
        ("straße.de", "xn-- form$"),
        ("example.org.", "ends in a dot"),
        ("example.org:443", "without a port"),
        ("https://example.org", "without https://"),
        ("example.org/path", "without https://"),
        ("user@example.org", "user name"),
        ("example", "public internet"),
        ("localhost", "public internet"),
        ("metadata.google.internal", "public internet"),
        ("printer.local", "public internet"),
        ("*.com", "anybody"),
        ("*.co.uk", "anybody"),
        ("*.github.io", "anybody"),
        ("", "no host"),
        (" example.org", "space"),
        ("exa mple.org", "space"),
        ("example..org", "labels"),
        ("-a.example.org", "labels"),
        (f"{'a' * 64}.example.org", "labels"),
        (".".join(["a" * 60] * 5), "253"),
    ],
)
def test_a_bad_rule_is_refused_by_file_key_and_name(rule: str, words: str) -> None:
    with pytest.raises(BadHostError, match=words):
        host_rule(rule)
    data = {"name": "x", "network": "allow-list", "egress": {"hosts": ["good.example", rule]}}
    with pytest.raises(PolicyError, match=r"x\.toml: egress\.hosts\.1: it ") as caught:
        parse_policy(data, "x.toml")
    assert repr(rule) in str(caught.value)


def test_an_exact_rule_allows_itself_alone() -> None:
    assert matches("example.org", "example.org")
    assert not matches("example.org", "www.example.org")
    assert not matches("example.org", "badexample.org")
    assert not matches("example.org", "example.org.evil.example")


def test_a_star_allows_sub_domains_at_any_depth_but_not_itself() -> None:
    assert matches("*.example.org", "a.example.org")
    assert matches("*.example.org", "a.b.c.example.org")
    assert not matches("*.example.org", "example.org")
    assert not matches("*.example.org", "aexample.org")


def test_a_name_is_compared_in_lower_case() -> None:
    assert host_name("API.Example.ORG") == "api.example.org"
