"""docs/settings.md, generated from the table: ``python -m weir.settings.page > docs/settings.md``."""

from __future__ import annotations

import sys

from weir.settings.setting import Setting
from weir.settings.table import SETTINGS

HEAD = """\
# Settings

<!-- Generated: python -m weir.settings.page > docs/settings.md -->

Settings of one process are flags; every flag has a variable, and the flag wins. An empty variable counts as
not set. A setting that can be given more than once takes several values in its variable, separated by spaces
or commas. `<VARIABLE>_FILE` names a file with the value instead (`WEIR_REDIS_FILE=/run/secrets/store-url`), for
what nobody should read in an environment. What holds for the whole cluster is said once in `defaults { … }` of
the rules, not here.

`up` is `weir up`, `edge` is `weir edge`, `admin` is `weir admin`, `auth` is `weir auth`, `client` is every
command that works on a store or a running gateway and then ends.

| flag | variable | default | taken by | what it is |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_line(setting) for setting in SETTINGS)


def _line(setting: Setting) -> str:
    flag = f"{setting.flag} {setting.placeholder}".strip()
    repeat = " Repeatable." if setting.repeatable else ""
    cells = (
        f"`{flag}`".replace("|", "\\|"),
        f"`{setting.variable}`",
        setting.default_text or f"`{setting.default}`",
        ", ".join(setting.processes),
        setting.help + repeat,
    )
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
