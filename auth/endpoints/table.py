"""Every endpoint, in the order in which they are added. Adding one is a file here and a row below."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flask import Flask

from auth.endpoints import health, introspect, jwks, metadata, register, revoke, token
from auth.services import Services

Add: TypeAlias = Callable[[Flask, Services], None]

ENDPOINTS: tuple[Add, ...] = (
    token.add,
    introspect.add,
    revoke.add,
    register.add,
    jwks.add,
    health.add,
    metadata.add,
)
TOKEN_ENDPOINTS: tuple[type, ...] = (introspect.Introspection, revoke.Revocation)
"""What Authlib answers by name."""
