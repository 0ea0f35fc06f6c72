from __future__ import annotations

import subprocess
import sys

SAYS_TWICE = """
import logging
from weir.serving.stderr_log import log_to_stderr
log_to_stderr()
log_to_stderr()
logging.getLogger("weir.auth").info("as it is")
logging.getLogger("other").info("not ours")
"""


def test_what_we_say_goes_there_once_and_as_it_is() -> None:
    done = subprocess.run([sys.executable, "-c", SAYS_TWICE], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("", "as it is\n")
