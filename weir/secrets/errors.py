"""What can go wrong with secrets. The text is one sentence, and never has a secret in it."""

from __future__ import annotations


class SecretsError(Exception):
    """Any of the following."""


class BadRing(SecretsError):
    """A file that is no key ring, or that others may read."""


class NoKey(SecretsError):
    """The ring has no key for this."""


class Unreadable(SecretsError):
    """Bytes that were not sealed, not for this, or changed since."""
