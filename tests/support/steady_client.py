"""A client that asks again and again on kept connections, and remembers every answer that was not as it should be."""

from __future__ import annotations

import http.client
import threading
from types import TracebackType
from urllib.parse import urlsplit


class SteadyClient:
    """``with SteadyClient(url) as client: …``; afterwards ``client.answers`` and ``client.failures``."""

    def __init__(self, url: str, path: str = "/", *, connections: int = 4, expected: int = 200) -> None:
        self._where = urlsplit(url).netloc
        self._path = path
        self._expected = expected
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(connections)]
        self.answers = 0
        self.failures: list[str] = []

    def __enter__(self) -> SteadyClient:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection(self._where, timeout=60)
        while not self._stopped.wait(0.002):
            try:
                connection.request("GET", self._path)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
            else:
                self.answers += 1
                if response.status != self._expected:
                    self.failures.append(str(response.status))
        connection.close()
