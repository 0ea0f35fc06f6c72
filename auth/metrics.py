"""What a worker of ``weir auth`` counts, beyond its requests: tokens, sign-ins, revocations, guesses at old ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from weir.serving.metrics import RequestMetrics, counter_of

PREFIX = "weir_oauth"
OTHER = "other"
GRANTS = {
    "authorization_code": "authorization_code",
    "client_credentials": "client_credentials",
    "refresh_token": "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code": "device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange": "token_exchange",
}
"""``grant_type`` → label."""
ISSUED = "issued"
ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "invalid_target",
        "temporarily_unavailable",
        "authorization_pending",
        "slow_down",
        "access_denied",
        "expired_token",
        "server_error",
    }
)
"""RFC 6749 §5.2, RFC 8628 §3.5, RFC 8707 §2, and what goes wrong here."""
SignedIn: TypeAlias = Literal["right", "wrong", "wait", "busy"]
Revoked: TypeAlias = Literal["refresh", "jwt", "opaque"]


class AuthMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = RequestMetrics(registry, PREFIX)
        self._tokens = Counter(
            f"{PREFIX}_tokens_total",
            "Answers of the token endpoint, by grant and result: issued, or the error of RFC 6749 §5.2.",
            ("grant", "result"),
            registry=registry,
        )
        for grant in GRANTS.values():
            self._tokens.labels(grant, ISSUED)
        self._sign_ins = counter_of(
            registry,
            f"{PREFIX}_sign_ins_total",
            "Names with passwords that were judged, by result: right, wrong, wait (too many wrong ones), busy (too "
            "many at once).",
            "result",
            get_args(SignedIn),
        )
        self._revoked = counter_of(
            registry,
            f"{PREFIX}_revoked_total",
            "Tokens that clients gave up (RFC 7009), by kind; of a refresh token its whole family.",
            "kind",
            get_args(Revoked),
        )
        self.reuses = Counter(
            f"{PREFIX}_refresh_reuses_total",
            "Refresh tokens that were shown a second time: their families were revoked.",
            registry=registry,
        )
        self.hashing = Gauge(
            f"{PREFIX}_passwords_judged",
            "Passwords that are being judged or wait for it; two at once for each worker, 16 wait at most.",
            registry=registry,
            multiprocess_mode="livesum",
        )

    def asked_token(self, grant_type: str, result: str) -> None:
        """``result``: ``issued``, or the ``error`` of the answer."""
        known = result if result == ISSUED or result in ERRORS else OTHER
        self._tokens.labels(GRANTS.get(grant_type, OTHER), known).inc()

    def signed_in(self, result: SignedIn) -> None:
        self._sign_ins.labels(result).inc()

    def revoked(self, kind: Revoked) -> None:
        self._revoked.labels(kind).inc()


class KeyAge(Collector):
    """Known to every worker alike, and so told by the one that is asked."""

    def __init__(self, age_s: Callable[[], float | None]) -> None:
        self._age_s = age_s

    def collect(self) -> Iterator[GaugeMetricFamily]:
        age = self._age_s()
        family = GaugeMetricFamily(
            f"{PREFIX}_signing_key_age_seconds",
            "Since the key that signs now began to; absent while the keys are not known.",
        )
        if age is not None:
            family.add_metric((), age)
        yield family


def key_age(age_s: Callable[[], float | None]) -> bytes:
    """In the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(KeyAge(age_s))
    return generate_latest(registry)
