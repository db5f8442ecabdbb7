"""Does each kind go first as often as the others, and is the round that warms up left out?"""

from bench.turns import turns


def test_each_kind_is_first_every_other_round_and_the_first_round_does_not_count() -> None:
    said: list[str] = []
    found = list(turns({"b", "a"}, 2, said.append))
    assert found == [("b", False), ("a", False), ("a", True), ("b", True), ("b", True), ("a", True)]
    assert said == ["round 0 of 2", "round 1 of 2", "round 2 of 2"]
