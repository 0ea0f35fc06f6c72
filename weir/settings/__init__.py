"""Settings of the processes: what can be said on the command line or in the environment.

A **setting** is one row in ``table``; its flag, its variable, its check and its line in docs/settings.md come
from that row. A process builds its parser from the rows it takes (``arguments``) and passes the environment
in; nothing here reads it by itself. What is set for the whole cluster is in ``defaults { … }`` of the rules.

Files, in reading order: ``values`` (text → checked value), ``setting`` (one row), ``table``, ``arguments``
(command line and environment → values), ``page`` (docs/settings.md).
"""
