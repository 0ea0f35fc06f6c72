"""The steps of an exchange, one file each; their order stands in ``edge/pipeline.py`` and nowhere else.

A phase is a function of the exchange. It returns an ``Answer`` to end the exchange with it, or None to go on; it raises
``Refusal`` to end it with a problem. ``forward`` writes the upstream's answer itself.
"""
