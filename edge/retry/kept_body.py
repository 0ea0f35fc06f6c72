"""What of a request's body went by after its first part, kept for a repetition as long as there is room.

Nothing waits for it: the first attempt gets each piece as it comes, and the piece stays here beside. When it gets too
much, everything is let go, and the request is single-shot.
"""

from __future__ import annotations


class KeptBody:
    """``add`` every piece, framed as it is sent."""

    __slots__ = ("_held", "_pieces", "_room", "ended")

    def __init__(self, room: int) -> None:
        """``room``: bytes of content."""
        self._pieces: list[bytes] = []
        self._room = room
        self._held = False
        self.ended = False
        """The end of the body went by too."""

    def add(self, framed: bytes, content: int) -> bool:
        """Whether everything that went by is still here. ``content``: the bytes of it that count."""
        self._room -= content
        if self._room < 0 and not self._held:
            self._pieces.clear()
            return False
        self._pieces.append(framed)
        return True

    def hold(self) -> None:
        """A repetition is granted: what still comes by before this attempt has ended is kept in any case."""
        self._held = True

    def end(self, framed: bytes) -> None:
        """That was all; ``framed`` is what says so."""
        self._pieces.append(framed)
        self.ended = True

    def take(self) -> bytes:
        """All of it; it is the caller's now."""
        self._held = False
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
