"""``python -m weir.processes.probe URL``: is somebody well there? For the health checks of containers without a shell.

Exit code 0 for an answer 2xx within ``TIMEOUT_S``, else 1 with one line that says why.
"""

from __future__ import annotations

import http.client
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

TIMEOUT_S = 2.5


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m weir.processes.probe http://HOST:PORT/PATH\n")
        return 2
    trouble = probe(arguments[0])
    if trouble:
        sys.stderr.write(f"{arguments[0]}: {trouble}\n")
        return 1
    return 0


def probe(url: str) -> str:
    """What is wrong; empty: nothing."""
    there = urlsplit(url)
    if there.scheme != "http" or not there.hostname:
        return "this is no address like http://127.0.0.1:8003/healthz"
    connection = http.client.HTTPConnection(there.hostname, there.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", there.path or "/")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return "" if 200 <= status < 300 else f"it answers {status}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
