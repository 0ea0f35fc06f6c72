"""The ``weir`` command inside the test's own process: its exit code and what it printed."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from scripts.main import main


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Commands:
    """Every command is told of one gateway by its variables; nothing of the person who runs the tests is used."""

    def __init__(self, state: Path, home: Path, **more: str) -> None:
        self.variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WEIR_")},
            "WEIR_STATE": str(state),
            "XDG_CONFIG_HOME": str(home),
            "NO_COLOR": "1",
            **more,
        }

    def run(self, *arguments: str, stdin: str = "") -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with self._as_a_process(stdin, self.variables), _redirected(out, err):
            try:
                code = main(arguments)
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
        return Ran(code, out.getvalue(), err.getvalue())

    @staticmethod
    @contextlib.contextmanager
    def _as_a_process(stdin: str, variables: Mapping[str, str]) -> Iterator[None]:
        piped = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        with mock.patch.dict(os.environ, variables, clear=True), mock.patch("sys.stdin", piped):
            yield


@contextlib.contextmanager
def _redirected(out: io.StringIO, err: io.StringIO) -> Iterator[None]:
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield
