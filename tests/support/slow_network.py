"""The way to a server's unix socket as a TCP address that a test makes slow, silent or broken, in a process of its own.

``python -m tests.support.slow_network PORT SOCKET`` is the process; each line of its input is a word of ``Network``.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.ports import free_port
from tests.support.wait import wait_until

CUT_EVERY_S = 0.15


class Network:
    """In the test: how the way is from now on. Nothing that was sent is lost, but by ``cut``."""

    def __init__(self, target: Path) -> None:
        self.port = free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.slow_network", str(self.port), str(target)],
            stdin=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        wait_until(self._listens, what="the network")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def delay(self, seconds: float) -> None:
        """Every answer comes so much later; 0: as fast as it is."""
        self._say(f"delay {seconds}")

    def hold(self) -> None:
        """Nothing arrives before the next word; connections stand and new ones are accepted."""
        self._say("hold")

    def cut(self) -> None:
        """Every connection is reset within 0.15 s, again and again, until the next word."""
        self._say("cut")

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def _listens(self) -> bool:
        assert self._process.poll() is None, "the network ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class _Ways:
    """In the process."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._delay_s, self._cutting = 0.0, False
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def hear(self, line: str) -> None:
        word, _, value = line.partition(" ")
        self._delay_s = float(value or 0)
        self._cutting = word == "cut"
        if word == "hold":
            self._open.clear()
        else:
            self._open.set()

    async def cut_for_ever(self) -> None:
        while True:
            await asyncio.sleep(CUT_EVERY_S)
            for writer in list(self._writers) if self._cutting else ():
                writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there, back = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.transport.abort()
        else:
            await asyncio.wait(
                [
                    asyncio.create_task(self._carry(reader, back, late=False)),
                    asyncio.create_task(self._carry(there, writer, late=True)),
                ]
            )
        finally:
            self._writers.discard(writer)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, late: bool) -> None:
        """One direction; what is on its way keeps its order."""
        clock = asyncio.get_running_loop().time
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def read() -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    under_way.put_nowait((clock() + (self._delay_s if late else 0.0), data))
            under_way.put_nowait((0.0, b""))

        reading = asyncio.create_task(read())
        with contextlib.suppress(OSError):
            while (item := await under_way.get())[1]:
                await asyncio.sleep(item[0] - clock())
                await self._open.wait()
                sink.write(item[1])
                await sink.drain()
        reading.cancel()
        sink.close()


async def _main(port: int, target: str) -> None:
    ways = _Ways(target)
    words = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    await asyncio.start_server(ways.serve, "127.0.0.1", port)
    cutting = asyncio.create_task(ways.cut_for_ever())
    while line := await words.readline():
        ways.hear(line.decode().strip())
    cutting.cancel()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2]))
