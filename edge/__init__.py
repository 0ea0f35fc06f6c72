"""The edge: what stands between clients (downstream) and services (upstream).

* **transport**: one connected socket, and the only place that knows how gevent waits;
* **downstream connection**: a client's connection and the requests that come on it, one after another;
* **exchange**: one request with its answer, from the first byte to the line in the access log;
* **phase**: one step of an exchange; their one ordered list is in ``pipeline``;
* **snapshot**: one version, compiled: a match table and a **plan** for each rule; replaced in one go;
* **target**: one ``host:port`` of an upstream; its connections and its turn survive a publish;
* **attempt**: one try of an exchange at one target.

In reading order: ``boot`` (the supervisor), ``prefork/`` (gunicorn and the worker process), ``downstream/`` (a
client's connection), ``http/`` (bytes to messages and back), ``exchange``, ``pipeline`` and its ``phases/``,
``edits/`` (what a rule changes), ``limiting/``, ``retry/``, ``forwarding/`` (to an upstream and back), ``upstream/``,
``fast_path/`` (a shortcut through all of it), ``answers``, ``versions/`` (from the disk to a snapshot), ``link/`` (to
the agent), ``telemetry/``, ``access_log/``, ``tracing/``; below them all ``transport``, ``postbox``, ``deadlines``.
``agent/`` is another process: the only one of the edge that talks to the store.
"""
