"""Every grant, in the order in which they are tried and listed. Adding one is a file here and a row below."""

from __future__ import annotations

from auth.grants.authorization_code import AuthorizationCode
from auth.grants.client_credentials import ClientCredentials
from auth.grants.device_code import DeviceCode
from auth.grants.refresh import Refresh
from auth.grants.token_exchange import TokenExchange

GRANTS: tuple[type, ...] = (AuthorizationCode, ClientCredentials, Refresh, DeviceCode, TokenExchange)
