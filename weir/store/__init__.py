"""The shared store: Redis 7.0 or newer, or Valkey; single, Sentinel or Cluster.

* **head**: the incarnation, the current number, the sequence of the feed, and the last number of each owner.
* **version**: an immutable manifest; its chunks are content-addressed and shared between versions.
* **publish**: compare-and-set of one owner's chunk list; bumps the one global number.
* **feed**: a bounded stream of numbered changes; pub/sub only wakes whoever polls it.

Every atomic step is one Lua script in ``lua/`` whose header is its contract. Every key name stands in ``keys``.

Files, in reading order: ``keys`` and ``key_table`` (names), ``errors``, ``url``, ``border`` (foreign exceptions stop
here), ``topologies``, ``connect`` (the client), ``scripts`` and ``lua/``, ``chunks``, ``versions`` (reading),
``durability``, ``publish`` (writing), ``feed``, ``identity`` (may a node follow?), ``nodes``; and for the embedded
store ``binary`` and ``embedded``.
"""
