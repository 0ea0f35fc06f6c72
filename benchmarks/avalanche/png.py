"""SVG to PNG, with resvg where it is installed (``make install-bench``)."""

from __future__ import annotations

import importlib

SCALE = 2


class NotInstalled(Exception):
    """One sentence."""


def png(svg: str) -> bytes:
    """The light picture, at twice its size. Raises NotInstalled."""
    try:
        renderer = importlib.import_module("resvg_py")
    except ImportError:
        raise NotInstalled("resvg_py is not installed (make install-bench)") from None
    return bytes(renderer.svg_to_bytes(svg_string=svg, zoom=SCALE))
