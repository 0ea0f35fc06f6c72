from __future__ import annotations

import argparse
import subprocess
import sys

from scripts.access_flags import add_access, add_owner


def test_an_api_is_named_by_flags_and_the_owner_is_api_by_default() -> None:
    parser = argparse.ArgumentParser()
    add_access(parser)
    add_owner(parser)
    options = parser.parse_args(["--url", "http://h:1", "--token-file", "t"])
    assert (options.url, options.token, options.token_file, options.ca) == ("http://h:1", "", "t", "")
    assert options.owner == "api"


def test_commands_on_files_do_not_load_the_client() -> None:
    code = "import sys, scripts.verbs.explain, scripts.verbs.check; print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n"
