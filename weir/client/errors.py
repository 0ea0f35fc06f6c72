"""What a call can end with besides an answer; every message is one sentence that can be shown as it is.

``Away`` and ``OutcomeUnknown`` say nothing about what was asked for: it may be asked again, the latter with the same
``publish_id``. ``Refused`` and its kinds are the API's own words and will be the same next time.
"""

from __future__ import annotations

from weir.api.problem import ProblemAnswer, Winner


class ApiError(Exception):
    """Any of those below."""


class Away(ApiError):
    """Nobody answered, or the store behind the API is away; nothing was changed."""


class BadAnswer(ApiError):
    """What answered is not this API, or speaks a version of it that this client does not know."""


class OutcomeUnknown(ApiError):
    """A change was sent and may have been made or not."""

    def __init__(self, message: str, *, publish_id: str = "", check: int = 0) -> None:
        super().__init__(message)
        self.publish_id = publish_id
        """Sending the change again with it is safe, and tells; empty where that is not possible."""
        self.check = check
        """The version to look at; 0 where that is not known."""


class Refused(ApiError):
    """The API understood and said no."""

    def __init__(self, problem: ProblemAnswer) -> None:
        super().__init__(problem.detail or problem.title)
        self.problem = problem

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def code(self) -> str:
        return self.problem.code


class NotAllowed(Refused):
    """401: no credential or no valid one; 403: its role may not do that."""


class Missing(Refused):
    """404: there is no such thing."""


class Stale(Refused):
    """412: somebody else changed it since it was read."""

    @property
    def winner(self) -> Winner | None:
        return self.problem.winner

    @property
    def difference(self) -> str:
        """Text diff from what the writer saw to what is there now."""
        return self.problem.difference
