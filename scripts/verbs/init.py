"""``weir init``: makes what a deployment needs once: key rings for its processes, and passwords for the store.

It can run before every start: what is there is left as it is.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import msgspec

from scripts.deployment import folders, kubernetes
from scripts.deployment.first_secrets import make
from scripts.terminal.exit_codes import AWAY, BAD_INPUT, FINE
from weir.settings.arguments import Parser, SettingsError, add_settings, read_values
from weir.settings.setting import Setting
from weir.settings.table import settings_of

HELP = "make what a deployment needs once: key rings of its processes, passwords for the store"
_STORE = re.compile(r"[A-Za-z0-9.-]{1,253}:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5}")


def run(arguments: list[str]) -> int:
    """0 everything is there; 2 wrong arguments, or what is there is not enough; 3 the API of Kubernetes is away."""
    try:
        options = parser().parse_args(arguments)
        if options.store and not _STORE.fullmatch(options.store):
            raise SettingsError(f"--store: {options.store!r} is no HOST:PORT")
        if options.kubernetes:
            done = kubernetes.keep(kubernetes.here(os.environ), make(options.store))
            made = [name for name, is_new in done.items() if is_new]
            lines = [
                f"Secret {name}: {'made' if is_new else 'was there, left as it is'}"
                for name, is_new in done.items()
            ]
        else:
            cluster = str(read_values(rows(), options, os.environ)["cluster"])
            made = folders.fill(Path(options.to), options.store, cluster, options.group)
            lines = [f"made: {', '.join(made)}" if made else "everything was there"]
    except kubernetes.ApiAway as error:
        print(f"weir init: {error}", file=sys.stderr)
        return AWAY
    except (SettingsError, kubernetes.Refused, folders.Unusable) as error:
        print(f"weir init: {error}", file=sys.stderr)
        return BAD_INPUT
    print(msgspec.json.encode({"made": made}).decode() if options.json else "\n".join(lines))
    return FINE


def parser() -> Parser:
    made = Parser(prog="weir init", description=f"{HELP[0].upper()}{HELP[1:]}.", allow_abbrev=False)
    where = made.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--to", metavar="DIR", help="write files: edge/, admin/, auth/, store/ and whole/ in this folder"
    )
    where.add_argument(
        "--kubernetes", action="store_true", help="make the Secrets weir-secrets and weir-store, in a pod"
    )
    made.add_argument(
        "--store", metavar="HOST:PORT", default="",
        help="the store's address, for URLs with new passwords (default: none)",
    )  # fmt: skip
    made.add_argument(
        "--group", type=int, metavar="GID", help="group that may read the processes' files; the owner should be root"
    )  # fmt: skip
    made.add_argument("--json", action="store_true", help="print the names of what was made as JSON")
    add_settings(made, rows())
    return made


def rows() -> list[Setting]:
    return [setting for setting in settings_of("client") if setting.name == "cluster"]
