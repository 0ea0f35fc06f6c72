"""The edge: what stands between clients (downstream) and services (upstream).

* **transport**: one connected socket, and the only place that knows how gevent waits;
* **downstream connection**: a client's connection and the requests that come on it, one after another;
* **exchange**: one request with its answer, from the first byte to the line in the access log;
* **phase**: one step of an exchange; their one ordered list is in ``pipeline``;
* **snapshot**: one version, compiled: a match table and a **plan** for each rule; replaced by one assignment;
* **target**: one ``host:port`` of an upstream; its connections and its turn survive a publish;
* **attempt**: one try of an exchange at one target.

Files, in reading order: ``worker`` (the process), ``downstream``, ``http/`` (bytes to messages and back),
``exchange``, ``pipeline``, ``phases/``, ``plan``, ``template``, ``header_edits``, ``path_edits``, ``forwarded``,
``answers``, ``relay``, ``upload``, ``tunnel``, ``upstream/``, ``snapshot``, ``version_reader``, ``loader``,
``agent_link``, ``access_log``, ``telemetry``, ``transport``, ``deadlines``. ``agent/`` is another process: the only one
of the edge that talks to the store.
"""
