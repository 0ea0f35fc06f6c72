from __future__ import annotations

import pytest

from weir.store.keys import Keys
from weir.store.script_calls import HISTORY, script_call
from weir.store.scripts import script


def test_a_call_has_its_script_its_key_and_what_follows_the_hash(keys: Keys) -> None:
    call = script_call("live_nodes", nodes=keys.nodes(), within_ms=1, limit=0)
    assert call.script is script("live_nodes")
    assert call.key == keys.nodes()
    assert call.arguments("any") == [1, keys.nodes(), 1, 0]


def test_other_names_than_the_headers_are_refused_at_once(keys: Keys) -> None:
    with pytest.raises(TypeError, match="limits"):
        script_call("live_nodes", nodes=keys.nodes(), within_ms=1, limits=0)


def test_the_history_is_filled_in_when_it_is_sent_and_the_call_can_be_sent_again(keys: Keys) -> None:
    call = script_call("announce", nodes=keys.nodes(), node=HISTORY, forget_ms=1, most=1)
    assert call.arguments("a")[2] == "a"
    assert call.arguments("b")[2] == "b"
