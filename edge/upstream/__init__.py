"""The upstream side: which target, over which connection, and what to do when it fails.

* **target**: one ``scheme://host:port``; its state (idle connections, addresses) is shared by all rules of a worker;
* **policy**: whose turn it is among the targets of an upstream (``balance``);
* **connection**: one connection to a target, carrying one exchange at a time;
* **attempt**: one try; ``UpstreamError`` says at which stage it failed and what had gone out by then.

Files, in reading order: ``errors``, ``decide``, ``balance``, ``sticky``, ``dns``, ``resolver``, ``connect``, ``tls``,
``connection``, ``target``, ``health`` and ``concurrency`` with what begins like them, ``drains``, ``upstreams``.
"""
