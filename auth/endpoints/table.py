"""Every endpoint, in the order in which they are added. Adding one is a file here and a row below."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flask import Flask

from auth.endpoints import (
    authorize,
    consent,
    device,
    device_authorization,
    health,
    home,
    introspect,
    jwks,
    login,
    logout,
    metadata,
    register,
    revoke,
    token,
    userinfo,
)
from auth.services import Services

Add: TypeAlias = Callable[[Flask, Services], None]

ENDPOINTS: tuple[Add, ...] = (
    token.add,
    introspect.add,
    revoke.add,
    register.add,
    jwks.add,
    health.add,
    authorize.add,
    consent.add,
    login.add,
    logout.add,
    home.add,
    device_authorization.add,
    device.add,
    userinfo.add,
    metadata.add,
)
TOKEN_ENDPOINTS: tuple[type, ...] = (introspect.Introspection, revoke.Revocation)
"""What Authlib answers by name."""
