"""``weir auth``: the OAuth2 authorization server, a process of its own. Nothing connects at import.

Reading order: ``services`` (what everything works with), ``app`` (the Flask application), ``server`` (Authlib's
authorization server over it), ``grants/table`` and ``endpoints/table`` (all that there is, in order), ``clients`` (who
asks, and how they prove it), ``tokens`` (made and read back), ``signing`` (the keys). All state is in the store, so
several processes may run at once.
"""
