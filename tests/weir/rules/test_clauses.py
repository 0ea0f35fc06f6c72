"""Clauses: what each says, and its bounds, exactly. The table of all of them is tested in clauses/."""

from __future__ import annotations

import pytest

from weir.models.default_clauses import MaxStale, MergeSlashes, TrustedProxies
from weir.models.document import Defaults, Rule, Upstream
from weir.models.node import Clause
from weir.models.problem import Refused
from weir.models.rule_clauses import (
    Compress,
    Cors,
    EditHeader,
    Host,
    InlineLimit,
    MaxSize,
    Mirror,
    Proxy,
    Redirect,
    ReplacePrefix,
    Require,
    Respond,
    Retry,
    Timeout,
    UseLimit,
)
from weir.models.upstream_clauses import Balance, Budget, Check, Concurrency, Eject, Sticky, Target, Tls
from weir.models.values import Destination, LimitKey, Rate, Requirement, Secret
from weir.rules.parser import parse


def clause(text: str, block: str = "rule a") -> Clause:
    definition = parse(f"{block} {{ {text} }}").document.definitions[0]
    assert isinstance(definition, Rule | Upstream | Defaults)
    (found,) = definition.clauses
    return found


def test_actions() -> None:
    assert clause("proxy a 0, http://b 2, c") == Proxy(
        to=(Destination("a", 0), Destination("http://b", 2), Destination("c", 1))
    )
    assert clause('redirect "/x"') == Redirect(status=302, location="/x")
    assert clause("respond 204") == Respond(status=204)
    assert clause('respond 200 "{}" type "application/json"') == Respond(
        status=200, body="{}", content_type="application/json"
    )
    assert clause("mirror a") == Mirror(percent=100.0, to="a")
    assert clause("mirror 0.5% a") == Mirror(percent=0.5, to="a")


def test_access() -> None:
    assert clause("require none") == Require()
    assert clause('require key(header: "X", keep: "y",) or hmac() or anonymous') == Require(
        any_of=(
            Requirement("key", {"header": "X", "keep": "y"}),
            Requirement("hmac"),
            Requirement("anonymous"),
        )
    )
    assert clause('allow ip "::1"') == clause('allow ip ["::1",]')


def test_limits() -> None:
    assert clause("limit gold cost 5") == UseLimit(name="gold", cost=5)
    assert clause('limit "5"') == UseLimit(name="5")
    assert clause("limit 5 per 1m") == InlineLimit(rate=Rate(5, 60_000))
    text = (
        'limit 5 per month by ip, header("X"), consumer max_keys 7 on_store_failure share strict shadow cost 2'
        " calendar"
    )
    keys = (LimitKey("ip"), LimitKey("header", "X"), LimitKey("consumer"))
    assert clause(text) == InlineLimit(
        rate=Rate(
            count=5,
            per_month=True,
            by=keys,
            window="calendar",
            cost=2,
            shadow=True,
            on_store_failure="share strict",
            max_keys=7,
        )
    )


def test_rewriting() -> None:
    assert clause("replace prefix /a with /b") == ReplacePrefix(prefix="/a", replacement="/b")
    assert clause('add response header "X" = "y"') == EditHeader(
        action="add", side="response", name="X", value="y"
    )
    assert clause('set request header "X" = secret("y")') == EditHeader(
        action="set", side="request", name="X", value=Secret("y")
    )
    assert clause('remove request header "X"') == EditHeader(action="remove", side="request", name="X")
    assert [clause(f"host {text}") for text in ("preserve", "upstream", '"a"')] == [
        Host(mode="preserve"),
        Host(mode="upstream"),
        Host(mode="fixed", name="a"),
    ]


def test_traffic() -> None:
    assert clause("timeout idle 1h, connect 1s") == Timeout(connect_ms=1_000, idle_ms=3_600_000)
    assert clause("max body 0B") == MaxSize(part="body", bytes=0)
    assert clause("retry off") == Retry(count=0)
    assert clause("retry 2 on 502, reset") == Retry(count=2, on=("502", "reset"))
    assert clause("retry 1 on timeout with body 1KiB, put_timeout, idempotency_key") == Retry(
        count=1, on=("timeout",), idempotency_key=True, put_timeout=True, body=1024
    )
    assert clause("compress br, gzip") == Compress(encodings=("br", "gzip"))
    assert clause("compress off") == Compress()
    text = 'cors { origins ["a"]; methods ["GET"]; headers ["X"]; expose ["Y"]; credentials; max_age 10m }'
    assert clause(text) == Cors(
        origins=("a",), methods=("GET",), headers=("X",), expose=("Y",), credentials=True, max_age_ms=600_000
    )


def test_upstreams() -> None:
    def said(text: str) -> Clause:
        return clause(text, "upstream a")

    assert said("target http://a weight 0") == Target(url="http://a", weight=0)
    assert said("balance hash(path)") == Balance(policy="hash", hash_on="path")
    assert said('balance hash(cookie("sid"))') == Balance(policy="hash", hash_on="cookie", hash_name="sid")
    assert said("check GET /h every 5s timeout 1s expect 200, 204") == Check(
        method="GET", path="/h", every_ms=5_000, timeout_ms=1_000, expect=(200, 204)
    )
    assert said("eject after 5 max 10%") == Eject(after=5, max_percent=10.0)
    assert said("budget 10% per 10s") == Budget(percent=10.0)
    assert said("concurrency 5 queue 2") == Concurrency(limit=5, queue=2)
    assert said('tls ca "a", verify off') == Tls(verify=False, ca="a")
    assert said("tls verify on") == Tls()
    assert said('sticky cookie "a"') == Sticky(cookie="a")


def test_defaults() -> None:
    def said(text: str) -> Clause:
        return clause(text, "defaults")

    assert said('trusted_proxies ["::1"]') == TrustedProxies(networks=("::1",))
    assert said("merge_slashes on") == MergeSlashes(on=True)
    assert said("credentials max_stale 1h") == MaxStale(for_ms=3_600_000)


@pytest.mark.parametrize(
    ("block", "text", "inside", "beyond"),
    [
        ("rule a", "priority {}", (0, 1_000_000), (1_000_001,)),
        ("rule a", "proxy b {}", (0, 1_000_000), (1_000_001,)),
        ("rule a", 'redirect {} "/"', (300, 399), (299, 400)),
        ("rule a", "respond {}", (200, 599), (199, 600)),
        ("rule a", "limit {} per 1s", (1, 10**12), (0, 10**12 + 1)),
        ("rule a", "limit b cost {}", (1, 1_000_000), (0, 1_000_001)),
        ("rule a", "limit 5 per 1s burst {}", (1, 10**12), (0, 10**12 + 1)),
        ("rule a", "limit 5 per 1s max_keys {}", (1, 10**12), (0, 10**12 + 1)),
        ("rule a", "retry {} on reset", (1, 10), (0, 11)),
        ("rule a", "when port == {}", (1, 65_535), (0, 65_536)),
        ("upstream a", "target http://a weight {}", (0, 1_000_000), (1_000_001,)),
        ("upstream a", "check GET / every 1s expect {}", (100, 599), (99, 600)),
        ("upstream a", "eject after {}", (1, 10_000), (0, 10_001)),
        ("upstream a", "concurrency {}", (1, 1_000_000), (0, 1_000_001)),
        ("upstream a", "concurrency 1 queue {}", (0, 1_000_000), (1_000_001,)),
    ],
)
def test_numbers_are_bounded_exactly(
    block: str, text: str, inside: tuple[int, ...], beyond: tuple[int, ...]
) -> None:
    for number in inside:
        clause(text.format(number), block)
    for number in beyond:
        with pytest.raises(Refused, match="out of range"):
            clause(text.format(number), block)
