"""Settings of the cluster."""

from __future__ import annotations

from weir.models.document import Definition
from weir.models.effective import Settings, Timeouts
from weir.models.rule_clauses import Compress, Host, Retry
from weir.models.upstream_clauses import Budget
from weir.rules.defaults import settings
from weir.rules.parser import parse


def definitions(text: str) -> tuple[Definition, ...]:
    return parse(text).document.definitions


def test_without_defaults_the_built_in_values_hold() -> None:
    assert settings({}) == settings({"file": definitions("rule a { respond 200 }")}) == Settings()


def test_every_clause_of_defaults_has_its_setting() -> None:
    text = """defaults {
        timeout connect 2s, total 1m
        trusted_proxies ["10.0.0.0/8"]
        merge_slashes off
        credentials max_stale 1h
        max head 16KiB
        max body 1MiB
        retry 1 on connect
        budget 5% per 5s
        compress gzip
        host upstream
        log off
    }"""
    assert settings({"api": definitions(text)}) == Settings(
        timeouts=Timeouts(connect_ms=2_000, total_ms=60_000),
        trusted_proxies=("10.0.0.0/8",),
        merge_slashes=False,
        credentials_max_stale_ms=3_600_000,
        max_head=16 * 1024,
        max_body=1024**2,
        retry=Retry(count=1, on=("connect",)),
        budget=Budget(percent=5.0, per_ms=5_000),
        compress=Compress(encodings=("gzip",)),
        host=Host(mode="upstream"),
        log=False,
    )


def test_the_file_has_the_last_word_then_the_api_then_kubernetes_clause_by_clause() -> None:
    found = settings(
        {
            "file": definitions("defaults { timeout try 1s }"),
            "k8s": definitions("defaults { timeout try 3s, idle 3s; max body 3KiB; log off }"),
            "api": definitions("defaults { timeout try 2s, idle 2s; max body 2KiB }"),
        }
    )
    assert found.timeouts == Timeouts(try_ms=1_000, idle_ms=2_000)
    assert (found.max_body, found.log) == (2 * 1024, False)
