"""The node agent: one small gevent process per node that owns everything that touches the store.

Words:

* **held**: the version on this node's disk, which its workers serve; it is left only as ``weir.store.identity`` says;
* **follow**: bring the store's version to the disk and tell the workers;
* **tell**: a ``version`` frame; a worker answers ``applied`` or ``refused``;
* **adopt**: a person's decision which side is right after the store was lost or replaced.

The workers never wait for it: with the agent gone or the store away they serve what they have.

Files, in reading order: ``boot`` (what is started, in which order), ``facts`` (what is known, and what follows
from it for readiness), ``follow``, ``adopt``, ``config_file`` with ``file_watch`` and ``config_memory``,
``worker_link``, ``metrics`` (of ``edge/families``), ``announce``, ``status``, ``throttle``.
"""
