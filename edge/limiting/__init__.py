"""Limits as a worker checks them: from tokens that it holds, without a switch; the node agent holds the rest.

Reading order: ``verdict`` (what a rule asks and is told), ``limit`` (a compiled limit), ``wire`` (what worker and agent
say to each other), ``clock`` and ``share`` (time, and what may be spent without the store), ``holding`` (the tokens of
one key), ``limiter`` (the check).

* **tokens**: what a request costs; **lease**: tokens of the store held by the node; **sub-lease**: a part of one,
  held by a worker, which never ends later; **share**: what is spent while nobody can be asked.
"""
