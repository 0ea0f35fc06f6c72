"""Further attempts: what a rule asks for (``policy``), what the answer says to it (``pushback``), what is kept of the
request (``kept_body``), the wait in between (``pause``), one exchange's attempts together (``tries``), and what they
may cost in the whole cluster (``spending``, ``budget``).

Whether an attempt may be repeated at all is ``edge/upstream/decide.py`` and, below it, the table in
``weir/routing/repeats.py``.
"""
