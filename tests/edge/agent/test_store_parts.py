"""The agent's store: made at once, reached only when it is asked."""

from __future__ import annotations

import pytest

from edge.agent.store_parts import store_parts
from weir.store.errors import StoreAway, StoreError


def test_nothing_connects_before_the_first_command():
    parts = store_parts("redis://127.0.0.1:1", "default")
    with pytest.raises(StoreAway):
        parts.versions.head()
    assert parts.wake.wait(0.01) is False
    parts.client.close()


def test_an_address_that_is_none_is_refused_at_once():
    with pytest.raises(StoreError):
        store_parts("redis://h:port", "default")
