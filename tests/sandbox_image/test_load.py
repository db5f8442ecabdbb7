"""Loading: every file gets its tables or its error, whatever its reader does."""

from pathlib import Path

import pytest

from sandbox_image import load, loaders

FILES = [
    {"file_id": "one", "name": "one.csv", "path": "p1", "format": "csv"},
    {"file_id": "two", "name": "two.csv", "path": "p2", "format": "csv"},
]


def _read_with(monkeypatch, reader):
    monkeypatch.setattr(loaders, "load_file", reader)
    return {profile["file_id"]: profile for profile in load.load_files(FILES, ["taken"], Path("unused"))}


def test_a_reader_s_own_error_is_that_of_the_file(monkeypatch):
    def reader(path, name, *_):
        if name == "one.csv":
            raise ZeroDivisionError("odd")
        return [{"name": "two", "columns": []}]

    profiles = _read_with(monkeypatch, reader)
    assert profiles["one"]["error"]["code"] == "unreadable_file"
    assert "one.csv cannot be read: ZeroDivisionError: odd" in profiles["one"]["error"]["message"]
    assert profiles["two"]["tables"][0]["name"] == "two"


def test_too_long_a_profile_is_an_error(monkeypatch):
    wide = [{"name": "t", "columns": [{"name": "c" * 1000}] * 3000}]
    profiles = _read_with(monkeypatch, lambda *_: wide)
    assert profiles["one"]["error"]["code"] == "too_large"
    assert "3000 columns" in profiles["one"]["error"]["message"]


def test_want_of_memory_is_not_the_file_s_error(monkeypatch):
    def reader(*_):
        raise MemoryError

    with pytest.raises(MemoryError):
        _read_with(monkeypatch, reader)


def test_names_in_use_are_known_to_the_next_file(monkeypatch):
    seen = []

    def reader(path, name, form, directory, taken, limits, asked):
        seen.append(set(taken))
        return [{"name": name.removesuffix(".csv"), "columns": []}]

    _read_with(monkeypatch, reader)
    assert seen == [{"taken"}, {"taken", "one"}]
