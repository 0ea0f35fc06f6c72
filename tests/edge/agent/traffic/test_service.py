"""Usage and samples of a real agent: from a worker's frames to the store and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.node_agent import AgentProcess
from tests.support.wait import wait_until
from weir.models.sample import SampleFilter
from weir.models.usage import RULE, WIDTH
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.samples import Samples
from weir.store.usage import Period
from weir.store.usage_read import Usage

KEYS = Keys("default")
REQUEST = {
    "time_ms": 1,
    "request_id": "x",
    "ip": "",
    "method": "GET",
    "scheme": "http",
    "host": "h",
    "path": "/",
    "status": 200,
    "duration_ms": 1.5,
}


def test_what_a_worker_tells_reaches_the_store_and_what_is_watched_for_the_worker(
    agent_at: Callable[..., AgentProcess], store: Any
) -> None:
    agent = agent_at("n1")
    worker = agent.worker()
    wait_until(lambda: agent.metric("weir_workers") == 1, what="the worker's connection")
    client = connect(store.url)
    samples, usage = Samples(client, KEYS), Usage(client, KEYS)
    counts = ["rapi/a", [3, *[0] * (WIDTH - 1)]]
    worker.send({"kind": "asks", "items": [[0, "usage", [counts]]]})
    samples.listen("l1", SampleFilter(rule="a"))
    wait_until(lambda: [news for news in worker.heard if news.get("topic") == "samples"], what="news")
    worker.send({"kind": "asks", "items": [[0, "samples", REQUEST]]})
    wait_until(lambda: samples.after("0-0"), what="the sample")
    assert samples.after("0-0")[0].sample.node == "n1"
    agent.stop()
    today = usage.about().now_ms // 86_400_000
    assert [(name, numbers[0]) for name, numbers in usage.entries(Period("day", today), RULE)] == [
        ("api/a", 3)
    ]
    client.close()
