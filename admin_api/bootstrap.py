"""``weir admin bootstrap``: the first access token of a store, printed once. There is never a default password."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from weir.api.tokens import DEFAULT_LIFE_S
from weir.settings.arguments import Parser, SettingsError, add_settings, read_values
from weir.settings.table import settings_of
from weir.store.access_tokens import AccessTokens
from weir.store.connect import connect
from weir.store.errors import StoreAway, StoreError
from weir.store.keys import Keys

DESCRIPTION = "Makes the first access token of the admin API, with the role admin, and prints it once."
NAME = "bootstrap"
REFUSED, BAD_INPUT, AWAY = 1, 2, 3


def bootstrap(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """0: made, the token is on standard output; 1: there is one; 2: bad input; 3: the store is away."""
    rows = [row for row in settings_of("admin") if row.name in ("redis", "cluster")]
    parser = Parser(prog="weir admin bootstrap", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--force", action="store_true", help="also where an admin's token is still good")
    add_settings(parser, rows)
    try:
        parsed = parser.parse_args(argv)
        values = read_values(rows, parsed, environ)
        if not values["redis"]:
            raise SettingsError(
                "no store was given: use --redis URL (`weir up` keeps its token in <state>/admin.token)"
            )
        return make(values["redis"], values["cluster"], force=parsed.force)
    except StoreAway as error:
        return fail(f"the store does not answer: {error}", AWAY)
    except (SettingsError, StoreError) as error:
        return fail(str(error), BAD_INPUT)


def make(url: str, cluster: str, *, force: bool) -> int:
    client = connect(url)
    try:
        made = AccessTokens(client, Keys(cluster)).make(NAME, "admin", DEFAULT_LIFE_S, NAME, first=not force)
    finally:
        client.close()
    if made == "admin":
        return fail("there is an admin's access token already; --force makes another one", REFUSED)
    if isinstance(made, str):
        return fail("there are too many access tokens; revoke some", REFUSED)
    text, _ = made
    sys.stderr.write("This access token has the role admin for 90 days and is not shown again:\n")
    sys.stdout.write(text.text() + "\n")
    return 0


def fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"weir admin bootstrap: {sentence}\n")
    return code
