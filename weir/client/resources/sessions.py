"""``sessions``: who calls. Sessions themselves belong to browsers; a program uses a token."""

from __future__ import annotations

from typing import cast

from weir.api.sessions import Caller, LoginLink
from weir.client.calls import Calls


class Sessions:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def current(self) -> Caller:
        """Raises NotAllowed where the token is not, or no longer, good."""
        return cast(Caller, self._calls.call("sessions.current").result)

    def link(self) -> LoginLink:
        return cast(LoginLink, self._calls.call("sessions.link").result)
