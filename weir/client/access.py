"""Where the admin API is and with what to speak to it: one place for every command and script.

The first of these that names a URL: what was said (``url``), ``WEIR_ADMIN_URL``, the saved login, the state directory
of a ``weir up`` or ``weir admin`` on this machine. A saved token only ever goes to the URL that it was saved for.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from weir.client.transport import api_url

SAID = "--url or WEIR_ADMIN_URL"
LONGEST_FILE = 64 * 1024
"""Bytes that are read of a login, a token or a run file."""


class NoAccess(Exception):
    """No API is known, or what is saved cannot be used; the message says what to do."""


class Access(msgspec.Struct, frozen=True):
    url: str
    token: str = ""
    ca: str = ""
    """PEM file of the authority, empty for the system's."""
    source: str = ""
    """Where the URL comes from, for a person."""

    def __repr__(self) -> str:
        return f"Access(url={self.url!r}, source={self.source!r})"


class _Login(msgspec.Struct, frozen=True):
    url: str
    token: str = ""
    ca: str = ""


class _RunFile(msgspec.Struct, frozen=True):
    admin: str | None = None


def find(
    environ: Mapping[str, str], *, url: str = "", token: str = "", ca: str = "", state: Path = Path(".weir")
) -> Access:
    """Raises NoAccess; ValueError for a URL that is none."""
    url = url or environ.get("WEIR_ADMIN_URL", "").strip()
    token = token or environ.get("WEIR_TOKEN", "").strip()
    try:
        login = saved(login_file(environ))
    except NoAccess:
        # What is saved does not matter where everything was said.
        if not (url and token):
            raise
        login = None
    known = [access for access in (login, of_state(state)) if access is not None]
    if url:
        wanted = api_url(url)
        same = next((access for access in known if access.url == wanted), Access(wanted))
        return Access(wanted, token or same.token, ca or same.ca, SAID)
    if not known:
        raise NoAccess(
            "no admin API is known here: give one with --url (or WEIR_ADMIN_URL), save one with weir login, "
            f"or start one with weir up (there is none in {state})"
        )
    first = known[0]
    return Access(first.url, token or first.token, ca or first.ca, first.source)


def login_file(environ: Mapping[str, str]) -> Path:
    """``$XDG_CONFIG_HOME/weir/login.json`` (XDG Base Directory Specification: a relative one counts as not set)."""
    base = environ.get("XDG_CONFIG_HOME", "")
    home = Path(environ.get("HOME", "") or Path.home())
    return (Path(base) if base.startswith("/") else home / ".config") / "weir" / "login.json"


def saved(path: Path) -> Access | None:
    """What ``save`` wrote; None without. A file that others may read is refused: its token is no secret any more."""
    data = _read(path)
    if data is None:
        return None
    if path.stat().st_mode & 0o077:
        raise NoAccess(
            f"{path} can be read by others: chmod 600 it, or better make a new token and log in again"
        )
    try:
        login = msgspec.json.decode(data, type=_Login)
        return Access(api_url(login.url), login.token, login.ca, str(path))
    except (msgspec.MsgspecError, ValueError) as error:
        raise NoAccess(f"{path} is no saved login ({error}): remove it with weir logout") from error


def save(path: Path, access: Access) -> None:
    """At once, with mode 600 from the first byte; OSError if that cannot be done."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = msgspec.json.format(msgspec.json.encode(_Login(access.url, access.token, access.ca)), indent=2)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data + b"\n")
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def of_state(state: Path) -> Access | None:
    """Of the ``weir up`` or ``weir admin`` that runs with this state directory; None if none does."""
    url = _running(state / "run.json") or _running(state / "admin" / "run.json")
    if not url:
        return None
    with contextlib.suppress(PermissionError):
        token = _read(state / "admin.token")
        return Access(url, (token or b"").decode("ascii", "replace").strip(), "", str(state))
    return Access(url, "", "", str(state))


def _running(run_file: Path) -> str:
    """Empty where none runs, or what is written is no address."""
    try:
        address = msgspec.json.decode(_read(run_file) or b"{}", type=_RunFile).admin
        return api_url(address if "://" in address else f"http://{address}") if address else ""
    except (msgspec.MsgspecError, ValueError):
        return ""


def _read(path: Path) -> bytes | None:
    """None if it is not there; what is longer than any such file is cut, and then cannot be decoded."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return None
