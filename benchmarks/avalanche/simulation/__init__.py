"""The experiment without processes: one queue of events, up to a thousand nodes. Pure Python, seeded, no clock.

In reading order: ``upstream`` (what is behind), ``ring`` (the store's side of Weir's budget), ``holder`` (a node's),
``engine`` (clients, attempts, the queue of events), ``sweeps`` (which runs there are).
"""
