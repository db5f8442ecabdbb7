"""How keys are made and kept."""

from __future__ import annotations

import hashlib

from store.keys import hash_key, make_key


def test_a_key_has_256_random_bits_behind_its_prefix() -> None:
    keys = {make_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(key.startswith("sg_") and len(key) - 3 >= 43 for key in keys)


def test_the_hash_is_the_sha256_of_the_whole_key() -> None:
    assert hash_key("sg_x") == hashlib.sha256(b"sg_x").hexdigest()
    assert hash_key("sg_x") != hash_key("sg_y")


def test_any_string_that_a_client_sends_has_a_hash() -> None:
    assert len(hash_key("\ud800\0é")) == 64
