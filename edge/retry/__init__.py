"""Further attempts: what a rule asks for (``policy``), what the answer says to it (``pushback``), what is kept of the
request (``kept_body``) and of the answer that may yet be the last (``kept_answer``), the wait in between (``pause``),
one exchange's attempts together (``tries``), and what they may cost in the whole cluster (``spending``, ``budget`` and
what it is made of).

Whether an attempt may be repeated at all is ``edge/upstream/decide.py`` and, below it, the table in
``weir/routing/repeats.py``.
"""
