"""Frozen configuration objects; no I/O, no behaviour beyond their own shape.

Three words for three lifetimes:

* a **document** is what a person wrote: definitions in their order, comments and groups kept;
* a **route** or **pool** (``effective``) is what a document means: defines substituted, groups and defaults applied;
* a **version** is a numbered, immutable set of document chunks in the store.

Files, in reading order: ``node`` (what all of them share), ``condition``, ``values`` (destinations, limits,
credentials asked for), ``rule_clauses``, ``upstream_clauses``, ``default_clauses``, ``document``, ``json_form``,
``effective``, ``version``, ``problem``.
"""
