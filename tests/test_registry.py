from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from songsmith import __version__
from songsmith.errors import InputError, MissingPart
from songsmith.registry import Registry

ROLES = Registry("player", "songsmith.players", {"list": "builtins:list", "lost": "songsmith.nowhere:Player"})


def test_backends_are_made_by_name() -> None:
    assert ROLES.make("list") == []
    assert ROLES.version("list") == __version__


def test_others_join_through_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("theirs", "builtins:dict", ROLES.group)
    monkeypatch.setattr("songsmith.registry.entry_points", lambda group: EntryPoints([point]))
    assert ROLES.make("theirs") == {}
    assert ROLES.names() == ("list", "lost", "theirs")


def test_unknown_and_broken_ones_say_so() -> None:
    with pytest.raises(InputError, match="player 'dict' is not known: use one of list, lost"):
        ROLES.make("dict")
    with pytest.raises(MissingPart, match="player 'lost' cannot be loaded"):
        ROLES.make("lost")
