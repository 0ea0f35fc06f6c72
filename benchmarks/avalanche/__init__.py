"""What retries do to an upstream that slows down for ten seconds: with Weir, with what others do, and with nothing.

An **upstream** of fixed capacity that does not notice that somebody gave up; a **load** that does not wait for answers;
**gateways** that follow a **policy**; a **trigger**. Real processes and a simulation leave the same **record**, from
which the same figures come.

In reading order: ``setting`` (it in numbers), ``budgets`` and ``policies`` (what is compared), ``record`` and
``measures`` (what is found); the real runs: ``upstream_queue``, ``upstream``, ``load``, ``edge``, ``edge_budgets``,
``gateways``, ``run``, ``real``; ``simulation``; ``results``, ``svg``, ``pictures``, ``png``, ``texts``, ``page``.
"""
