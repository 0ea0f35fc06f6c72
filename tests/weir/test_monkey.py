"""Processes of their own: what is patched stays patched."""

import subprocess
import sys


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_standard_library_is_patched_without_a_look_at_what_is_installed() -> None:
    code = """
from importlib import metadata
metadata.entry_points = lambda **_: print("looked")
from gevent import events, monkey as of_gevent
told = []
events.subscribers.append(told.append)
from weir import monkey
monkey.patch_all()
of_gevent.patch_all()  # as gunicorn's worker does
assert all(of_gevent.is_module_patched(name) for name in ("socket", "threading", "time", "ssl", "subprocess"))
assert any(isinstance(event, events.GeventDidPatchAllEvent) for event in told)
"""
    assert run(code) == ""


def test_what_is_imported_at_the_start_is_no_concern_of_a_garbage_collection() -> None:
    code = """
import gc
from weir import monkey
with monkey.importing():
    assert not gc.isenabled()
    import decimal
assert gc.isenabled()
assert gc.get_freeze_count() > 0
"""
    assert run(code) == ""
