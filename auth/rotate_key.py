"""``weir auth rotate-key``: a new key signs at once, as others know the old one, or nobody can open it any more."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from auth.signing.signing_keys import SigningKeys
from weir.secrets.errors import SecretsError
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import RING
from weir.settings.arguments import Parser, SettingsError, add_settings, read_values
from weir.settings.table import settings_of
from weir.store.connect import connect
from weir.store.embedded import live_server
from weir.store.errors import StoreAway, StoreError
from weir.store.keys import Keys
from weir.store.signing import SigningStore

DESCRIPTION = (
    "Makes a new key that signs tokens from now on. Keys rotate by themselves; this is for emergencies."
)
FORGET = "remove the keys before it too: every token that they have signed is refused within a second"
BAD_INPUT, AWAY = 2, 3


def rotate_key(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """0: done, the key's id is on standard output; 2: bad input; 3: the store is away."""
    rows = [row for row in settings_of("auth") if row.name in ("state", "redis", "cluster", "secrets")]
    parser = Parser(prog="weir auth rotate-key", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--forget", action="store_true", help=FORGET)
    add_settings(parser, rows)
    try:
        parsed = parser.parse_args(argv)
        values = read_values(rows, parsed, environ)
        state: Path = values["state"].absolute()
        ring = KeyRing.read(values["secrets"] or state / RING)
        return make(values["redis"] or embedded_url(state), values["cluster"], ring, forget=parsed.forget)
    except StoreAway as error:
        return fail(f"the store does not answer: {error}", AWAY)
    except (SettingsError, SecretsError, StoreError) as error:
        return fail(str(error), BAD_INPUT)


def embedded_url(state: Path) -> str:
    """Of the store that ``weir up`` runs there. Raises SettingsError."""
    found = live_server(state)
    if found is None:
        raise SettingsError("no store was given, and no weir up runs with this --state: use --redis URL")
    return found.url


def make(url: str, cluster: str, ring: KeyRing, *, forget: bool) -> int:
    client = connect(url)
    try:
        store = SigningStore(client, Keys(cluster))
        public = store.public()
        if public is None:
            raise SettingsError("no weir auth has run on this store yet; its first start makes a key")
        kid = SigningKeys(store, ring, public.issuer, 0).replace_now(forget=forget)
    finally:
        client.close()
    sys.stdout.write(kid + "\n")
    return 0


def fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"weir auth rotate-key: {sentence}\n")
    return code
