"""The admin API as words: its operations, and the shapes of what they take and give. No I/O.

The server serves this table, the OpenAPI document is generated from it, and ``weir.client`` calls by it: what is not
here does not exist. One file per resource; ``operations`` has them all.
"""
