"""The table of questions counts what was asked, answered and wrong; a wrong answer is seen."""

from bench.questions import Asked, Asking, _judge, corpus, table_of

RIGHT = {"outcome": "ok", "result": {"type": "scalar", "value": 5}, "cached": False}
AGAIN = RIGHT | {"cached": True}


def test_a_right_answer_and_its_cached_one_are_counted() -> None:
    asked = Asked(count=1)
    _judge(asked, Asking("a.csv", "How many?", 5), [(RIGHT, 0.2), (AGAIN, 0.02)])
    assert (asked.answered, asked.wrong, asked.seconds, asked.cached_seconds) == (1, [], [0.2], [0.02])


def test_a_wrong_answer_is_seen() -> None:
    asked = Asked(count=1)
    _judge(asked, Asking("a.csv", "How many?", 6), [(RIGHT, 0.2), (AGAIN, 0.02)])
    assert len(asked.wrong) == 1


def test_another_answer_from_the_cache_is_wrong() -> None:
    asked = Asked(count=1)
    other = AGAIN | {"result": {"type": "scalar", "value": 4}}
    _judge(asked, Asking("a.csv", "How many?", 5), [(RIGHT, 0.2), (other, 0.02)])
    assert asked.wrong == ["How many?: asked again, it came to something else"]


def test_a_failed_run_is_wrong_and_a_decline_is_not() -> None:
    asked = Asked(count=2)
    _judge(asked, Asking("a.csv", "How many?", 5), [({"outcome": "code_error", "error": None}, 0.2)])
    _judge(asked, Asking("a.csv", "Why?", 5), [({"outcome": "not_answerable"}, 0.2)])
    assert (asked.answered, len(asked.wrong)) == (0, 1)


def test_the_table_has_a_line_for_each_file_and_one_for_all() -> None:
    lines = table_of({"a.csv": Asked(2, 1, [], [0.5]), "b.csv": Asked(2, 2, ["x"], [0.1, 0.3])})
    assert [line.split()[0] for line in lines] == ["table", "a.csv", "b.csv", "all"]
    assert lines[-1].split()[1:5] == ["4", "3", "(75%)", "1"]


def test_the_corpus_is_that_of_the_tests() -> None:
    found = corpus()
    assert len(found) >= 10
    assert sum(len(askings) for askings in found.values()) >= 300
