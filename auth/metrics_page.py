"""The second half of docs/metrics-of-servers.md, made from the metrics. ``python -m auth.metrics_page``"""

from __future__ import annotations

import sys

from prometheus_client import CollectorRegistry

from auth.metrics import AuthMetrics, KeyAge
from weir.serving.metrics_page import table

QUESTIONS = """
## Questions

| question | query |
|---|---|
| Who tries to get in? | `sum by (code) (rate(weir_admin_refused_total[5m]))` |
| Does somebody guess passwords? | `sum(rate(weir_oauth_sign_ins_total{result=~"wrong\\|wait"}[5m]))` |
| Was a refresh token stolen? | `increase(weir_oauth_refresh_reuses_total[1h]) > 0` |
| Why do clients get no tokens? | `sum by (grant, result) (rate(weir_oauth_tokens_total{result!="issued"}[5m]))` |
| Are too many people signing in at once? | `sum(weir_oauth_passwords_judged)`: above 2 for each worker they wait |
| Do signing keys rotate? | `weir_oauth_signing_key_age_seconds`: stays below `--signing-rotation` |
| Did a publish end unknown? | `increase(weir_admin_publishes_total{result=~"unknown\\|failed"}[1h]) > 0` |
"""


def page() -> str:
    registry = CollectorRegistry()
    AuthMetrics(registry)
    registry.register(KeyAge(lambda: None))
    return "\n## weir auth\n\n" + table(registry) + QUESTIONS


if __name__ == "__main__":
    sys.stdout.write(page())
