"""Whose turn it is. A **policy** takes the targets with their weights, a key, and who is out of the question.

* **turn**: weighted candidates and how much each has gained; the state of an upstream, kept by a publish;
* **key**: what ``hash`` balances on; other policies do not look at it;
* **latency**: what a target took lately; the state of a target, kept by a publish.

Files, in reading order: ``policies``, ``turn``, ``latency``, ``candidate``, ``least_conn``, ``p2c``, ``rendezvous``,
``keys``.
"""
