"""The demo service as it is run: a process of its own, on a socket that the test bound."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from weir.processes.ports import Address, address_of, bind


@pytest.fixture(scope="module")
def demo() -> Iterator[Address]:
    with bind(Address("127.0.0.1", 0), what="the demo service") as listener:
        descriptor = listener.fileno()
        service = subprocess.Popen(
            [sys.executable, "-P", "-m", "demo", "--fd", str(descriptor)], pass_fds=(descriptor,)
        )
        try:
            # The socket listens already, so a connection waits until the service is there.
            yield address_of(listener)
        finally:
            service.terminate()
            assert service.wait(timeout=30) == 0
