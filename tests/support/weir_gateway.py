"""A running ``weir up``, commands that speak to it, and a client beside them."""

from __future__ import annotations

from typing import NamedTuple

from tests.support.weir_command import Commands
from tests.support.weir_up import WeirUp
from weir.client.client import Client


class Gateway(NamedTuple):
    up: WeirUp
    weir: Commands
    client: Client

    def publish(self, text: str, message: str = "") -> int:
        """As owner api, whatever was there; the version."""
        return self.client.config.replace(text, if_match="*", message=message).number
