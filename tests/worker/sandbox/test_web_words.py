"""The worker's own facts decide `policy_denied`; what code says is advice at most."""

import pytest

from policies.model import load_policy
from tests.worker.sandbox.web import lab
from worker.sandbox.web_words import denied, hint

DEFAULT = load_policy("default")


def test_a_denial_names_policy_hosts_and_the_mend() -> None:
    words = denied(lab(), [f"h{at}.example: it is not listed" for at in range(5)], "ProxyError: 403")
    for part in (
        "'lab'",
        "h0.example: it is not listed",
        "h2.example",
        "and 2 more",
        "operator",
        "ProxyError",
    ):
        assert part in words
    assert "h3.example" not in words


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gaierror", "[Errno -3] Temporary failure in name resolution"),
        ("ConnectionError", "HTTPSConnectionPool(host='x', port=443): Max retries"),
        ("URLError", "<urlopen error [Errno 101] Network is unreachable>"),
        ("OSError", "[Errno 101] Network is unreachable"),
    ],
)
def test_an_error_of_the_network_gets_a_hint_where_there_is_no_web(name: str, message: str) -> None:
    assert "'default' allows no web requests" in hint(DEFAULT, name, message)
    assert hint(lab(), name, message) == ""


@pytest.mark.parametrize(
    ("name", "message"), [("KeyError", "'x'"), (None, ""), ("OSError", "[Errno 28] full")]
)
def test_other_errors_get_none(name: str | None, message: str) -> None:
    assert hint(DEFAULT, name, message) == ""
