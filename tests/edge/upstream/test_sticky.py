"""What a cookie says of a target, and what it does not."""

from __future__ import annotations

from typing import NamedTuple

from edge.upstream.sticky import Sticky
from weir.models import upstream_clauses


class Target(NamedTuple):
    url: str


class Request(NamedTuple):
    value: str

    def cookie(self, name: str) -> str | None:
        return self.value if name == "weir" else None


A, B = Target("http://10.0.0.1:8080"), Target("http://10.0.0.2:8080")


def sticky(*targets: Target, upstream: str = "u", secret: str = "s", for_ms: int | None = None) -> Sticky:
    return Sticky(upstream_clauses.Sticky(cookie="weir", for_ms=for_ms), upstream, targets, secret)


def value_of(line: bytes) -> str:
    return line.decode().removeprefix("Set-Cookie: weir=").partition(";")[0]


def test_the_value_leads_back_to_its_target_in_every_worker() -> None:
    value = value_of(sticky(A, B).line(B, "http"))
    assert sticky(B, A).held(Request(value)) is B
    assert sticky(A).held(Request(value)) is None
    assert sticky(A, B).held(Request("")) is None


def test_the_line_has_every_attribute() -> None:
    line = sticky(A).line(A, "http")
    assert line == f"Set-Cookie: weir={value_of(line)}; Path=/; HttpOnly; SameSite=Lax\r\n".encode()
    secure = sticky(A, for_ms=1).line(A, "https")
    assert secure.endswith(b"; Path=/; Max-Age=1; HttpOnly; SameSite=Lax; Secure\r\n")


def test_the_value_depends_on_the_secret_and_the_upstream_and_shows_no_address() -> None:
    values = {
        value_of(made.line(A, "http")) for made in (sticky(A), sticky(A, secret="t"), sticky(A, upstream="v"))
    }
    assert len(values) == 3
    assert all(len(value) == 24 and A.url.encode().hex() not in value for value in values)
