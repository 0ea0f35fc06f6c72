"""A call of a script as a value: made in one place, sent in another, many in one round trip (``Client.pipeline``).

A script that must know the history of its server (see ``Client.history``) takes the argument ``HISTORY``: the id is
filled in on the connection that carries the call, so that it is never that of another server.
"""

from __future__ import annotations

from typing import NamedTuple

from weir.store.scripts import Script, Value, script

HISTORY = "\0history"
"""As the value of a script's argument: the history id of the server that runs it."""


class ScriptCall(NamedTuple):
    """One EVALSHA that has not been sent."""

    script: Script
    key: str
    """The first key; it decides which server is asked."""
    command: list[Value]
    """Key count, keys, arguments; the first ``HISTORY`` among them is replaced when it is sent."""
    history_at: int = -1
    """Where ``HISTORY`` stands in ``command``; -1 if it does not."""

    def arguments(self, history: str) -> list[Value]:
        """What follows EVALSHA and the hash, for a server of this history."""
        if self.history_at < 0:
            return self.command
        command = self.command.copy()
        command[self.history_at] = history
        return command


def script_call(name: str, /, **values: Value | list[Value]) -> ScriptCall:
    """A call of ``lua/<name>.lua`` by the names of its header. Raises TypeError for other names, or without a key."""
    called = script(name)
    if not called.keys:
        raise TypeError(f"{name}.lua has no key, so no server can be chosen")
    command = called.command(values)
    return ScriptCall(called, str(command[1]), command, command.index(HISTORY) if HISTORY in command else -1)
