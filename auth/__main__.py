"""``python -m auth``: the authorization server; ``python -m auth rotate-key`` has a new key sign at once.

The serving process is monkey patched before anything else is imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

BAD_SET_UP = 2


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit code: 0 after a graceful end, 2 for bad input or set-up, 3 if the store is away."""
    if argv and argv[0] == "rotate-key":
        from auth.rotate_key import rotate_key

        return rotate_key(argv[1:], environ)
    from weir import monkey

    monkey.patch_all()
    # What a person got wrong is said before the web framework and the store are imported.
    from auth.settings import AuthSettings
    from weir.settings.arguments import SettingsError

    try:
        settings = AuthSettings.from_arguments(argv, environ)
    except SettingsError as error:
        sys.stderr.write(f"weir auth: {error}\n")
        return BAD_SET_UP
    from weir.serving.metrics_files import choose_folder

    choose_folder(os.environ, settings.metrics)
    with monkey.importing():
        from auth.boot import serve

    return serve(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
