"""Bounds of what the access log holds. Together they bound its memory: 60 MB for a reader that has stopped."""

MAX_LINES = 10_000
"""Lines of a worker that wait for being written; what comes then is dropped."""
MAX_VALUE = 2048
"""Characters of one value that a client chose: path, referer, user agent. The rest is cut off."""
