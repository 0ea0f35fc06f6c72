"""Audiences: whom a token is for (RFC 8707 ``resource``, RFC 8693 ``audience``). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from auth.errors import InvalidTargetError
from weir.models.auth.records import OAuthClient

MAX_ASKED = 8
MAX_AUDIENCE = 512


def audiences_of(client: OAuthClient, issuer: str) -> tuple[str, ...]:
    """Whom its tokens may be for; the first is the default."""
    return client.audiences or (issuer,)


def audiences_asked(asked: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """Those of ``asked``, each once; the first that is allowed where none is asked for.

    Raises InvalidTargetError for one that is not allowed.
    """
    if not asked:
        return tuple(allowed[:1])
    distinct = tuple(dict.fromkeys(asked))
    if len(distinct) > MAX_ASKED or any(not 0 < len(each) <= MAX_AUDIENCE for each in distinct):
        raise InvalidTargetError("The resource or audience is malformed.")
    if not set(distinct) <= set(allowed):
        raise InvalidTargetError("Tokens of this client may not be for that resource or audience.")
    return distinct


def audiences_left(asked: Sequence[str], granted: Sequence[str]) -> tuple[str, ...]:
    """Of what was granted: all of it where none is asked for."""
    return audiences_asked(asked, granted) if asked else tuple(granted)
