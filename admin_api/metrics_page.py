"""The first half of docs/metrics-of-servers.md, made from the metrics; ``auth.metrics_page`` has the second.

``python -m admin_api.metrics_page``
"""

from __future__ import annotations

import sys

from prometheus_client import CollectorRegistry

from admin_api.metrics import AdminMetrics
from weir.serving.metrics_page import table

HEAD = """\
# Metrics of weir admin and weir auth

<!-- Generated: python -m scripts.project.docs -->

Those of the edge are in [metrics.md](metrics.md). These two processes tell theirs at an address of their own, once it
is given:

```console
$ weir admin --admin-metrics 127.0.0.1:8005 …
$ weir auth --auth-metrics 127.0.0.1:8006 …
$ weir up --admin-metrics 127.0.0.1:8005 --auth-metrics 127.0.0.1:8006
```

There is `/metrics` in the text format of Prometheus, with `/healthz` and `/readyz` for probes, and nothing else;
`/metrics` is nowhere else. Nobody has to say there who they are, so choose an address that only the monitoring reaches
(in a pod `0.0.0.0:8005` and a network policy). Without the flag nothing listens.

The workers of a process count together in files below its state directory, which are emptied when it starts: counters
begin at 0 then, and go on when a worker is replaced. Several instances count apart; a query adds them up.

Labels come from closed sets: operations of the API, grants, and words of this page. Nothing a client sends becomes one.

## weir admin

"""


def page() -> str:
    registry = CollectorRegistry()
    AdminMetrics(registry)
    return HEAD + table(registry)


if __name__ == "__main__":
    sys.stdout.write(page())
