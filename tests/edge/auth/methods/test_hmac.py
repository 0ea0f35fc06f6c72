"""``require hmac``: signed requests, also from a real client library. Attacks are in ``test_hmac_attacks.py``."""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import http_message_signatures as real
import pytest

from tests.support.shared_secrets import SharedSecrets
from tests.support.signed import ASKED, KEY_ID, SECRET, SignedRequest, digest_of, merged
from tests.support.signing_edge import RULES, SigningEdge
from weir.secrets.ring import KeyRing

SIGNED = SignedRequest()
POSTED = SignedRequest(method="POST", target="/orders", body=b'{"amount": 1}')


@pytest.fixture
def edge(tmp_path: Path) -> SigningEdge:
    return SigningEdge(tmp_path)


class TestVerdicts:
    def test_a_signed_request_passes(self, edge: SigningEdge) -> None:
        assert b"X-Who: alice\r\n" in edge.ask(SIGNED.wire())
        assert edge.verdict(POSTED) == "ok"
        assert edge.credentials.asked == [f"hmac:{KEY_ID}"], "the agent is asked once"

    def test_nothing_shown(self, edge: SigningEdge) -> None:
        answer = edge.ask("/x")
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert (
            b'WWW-Authenticate: Signature realm="weir", algorithm="hmac-sha256", '
            b'components="@method @authority @path @query content-digest"\r\n'
        ) in answer

    @pytest.mark.parametrize(
        "request_",
        [
            SignedRequest(covered=("@method", "@target-uri")),
            SignedRequest(covered=("@method", "@authority", "@request-target")),
            SignedRequest(covered=("@query", "@path", "@authority", "@method")),
            SignedRequest(target="/"),
            SignedRequest(target="/a%2Fb/%7euser?x=%20&y"),
            SignedRequest(target="/a?"),
            SignedRequest(host="A.test:8080"),
            SignedRequest(host="xn--bcher-kva.test"),
            SignedRequest(more=';alg="hmac-sha256"'),
            SignedRequest(more=';nonce="abc";tag="app";expires=99999999999'),
            SignedRequest(label="any-label.1*"),
            SignedRequest(
                fields=(("Date", "today"), ("X-A", "1"), ("x-a", "2")), covered=(*ASKED, "date", "x-a")
            ),
            SignedRequest(method="PUT", body=b"x" * 30_000),
            SignedRequest(method="DELETE", body=b"x", covered=("@method", "@target-uri", "content-length")),
        ],
        ids=repr,
    )
    def test_other_ways_to_sign_it(self, edge: SigningEdge, request_: SignedRequest) -> None:
        assert edge.verdict(request_) == "ok"

    @pytest.mark.parametrize("from_now_s", [30, -240])
    def test_a_signature_may_be_some_minutes_old_and_clocks_may_differ(
        self, edge: SigningEdge, from_now_s: int
    ) -> None:
        assert edge.verdict(SignedRequest(created=int(time.time()) + from_now_s)) == "ok"

    def test_behind_a_trusted_proxy_scheme_and_host_are_the_clients(self, tmp_path: Path) -> None:
        edge = SigningEdge(tmp_path)
        edge.publish('defaults { trusted_proxies ["192.0.2.0/24"] } ' + RULES.replace("OPTIONS", "hmac"))
        signed = SignedRequest(
            host="api.example.com",
            scheme="https",
            covered=("@method", "@target-uri", "@authority"),
            fields=(("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "api.example.com:443")),
        )
        assert edge.verdict(signed.but_sends(host="inside.local:8080")) == "ok"
        answer = edge.ask(signed.but_sends(host="inside.local:8080").wire(), peer="203.0.113.9")
        assert b" 401 " in answer.partition(b"\r\n")[0], "nobody else is believed"

    def test_scope_and_tag(self, edge: SigningEdge) -> None:
        edge.publish(RULES.replace("OPTIONS", 'hmac(scope: "orders:write")'))
        assert edge.verdict(SIGNED) == "insufficient-scope"
        edge.publish(RULES.replace("OPTIONS", 'hmac(tag: "partner")'))
        assert edge.verdict(SIGNED) == "forbidden"
        edge.credentials.hmac_key(tags=("partner",))
        assert edge.verdict(SIGNED) == "ok"

    def test_of_two_keys_of_one_client_any_that_is_in_use_will_do(self, edge: SigningEdge) -> None:
        edge.credentials.hmac_key("old", b"old secret", enabled=False)
        old = SignedRequest(key_id="old", secret=b"old secret", label="a")
        assert edge.verdict(merged(old, SignedRequest(label="b"))) == "ok"
        assert edge.why(old) == "the key of the signature is disabled"

    def test_signatures_of_others_do_not_disturb(self, edge: SigningEdge) -> None:
        theirs = SignedRequest(label="theirs", key_id="their-key", secret=b"theirs")
        for _ in range(30):
            assert edge.verdict(merged(theirs, SIGNED)) == "ok"
        agent = SignedRequest(label="agent", key_id="agent", more=';alg="ed25519";tag="web-bot-auth"')
        assert edge.verdict(merged(agent, SIGNED)) == "ok"
        assert edge.verdict(agent) == "credential-invalid"

    @pytest.mark.parametrize(
        ("more", "code"),
        [({"enabled": False}, "credential-invalid"), ({"expires_ms": 1}, "credential-expired")],
    )
    def test_a_key_that_is_no_more(self, edge: SigningEdge, more: dict[str, Any], code: str) -> None:
        assert edge.verdict(SIGNED) == "ok"
        edge.credentials.hmac_key(**more)
        assert edge.verdict(SIGNED) == code

    def test_while_the_store_is_away(self, edge: SigningEdge) -> None:
        assert edge.verdict(SIGNED) == "ok"
        edge.credentials.away = True
        assert edge.verdict(SIGNED) == "ok"
        assert edge.verdict(SignedRequest(key_id="another")) == "credentials-unavailable"

    @pytest.mark.parametrize("ring", [None, SharedSecrets().ring], ids=["no ring", "another ring"])
    def test_without_the_key_ring(self, edge: SigningEdge, ring: KeyRing | None) -> None:
        edge.engine.auth.ring = ring
        assert edge.verdict(SIGNED) == "credentials-unavailable"


class _Request(SimpleNamespace):
    """What the client library signs: a request as ``requests`` and its like have it."""

    def wire(self, body: bytes) -> bytes:
        target = self.url.partition("://")[2].partition("/")[2]
        lines = [
            f"{self.method} /{target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body


class TestRealClient:
    """http-message-signatures of PyPI."""

    def _signed(self, body: bytes, url: str, *covered: str, **more: Any) -> bytes:
        keys = real.MappingKeyResolver(public_keys={}, private_keys={KEY_ID: SECRET})
        signer = real.HTTPMessageSigner(signature_algorithm=real.algorithms.HMAC_SHA256, key_resolver=keys)
        headers = {"Host": "a.test", "Date": "Tue, 20 Apr 2021 02:07:55 GMT"}
        if body:
            headers["Content-Digest"] = digest_of(body, "sha-512")
        request = _Request(method="POST", url=url, headers=headers)
        signer.sign(
            request, key_id=KEY_ID, covered_component_ids=covered, use_existing_digest=bool(body), **more
        )
        return request.wire(body)

    @pytest.mark.parametrize("include_alg", [True, False])
    @pytest.mark.parametrize(
        "url", ["http://a.test/", "http://a.test/o%2Frders?page=2&q=%C3%A9", "http://a.test/a?"]
    )
    def test_what_it_signs_passes(self, edge: SigningEdge, url: str, include_alg: bool) -> None:
        for body, covered in (
            (b"", ASKED),
            (b'{"hello": "world"}', (*ASKED, "content-digest", "date")),
            (b"hello", ("@method", "@target-uri", "content-digest")),
        ):
            wire = self._signed(body, url, *covered, include_alg=include_alg, tag="app", nonce="n")
            assert edge.verdict(wire) == "ok"
            assert (
                edge.verdict(wire.replace(b"POST", b"GET ", 1).replace(b"GET  ", b"GET "))
                == "credential-invalid"
            )

    def test_its_expiry_is_honoured(self, edge: SigningEdge) -> None:
        past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=20)
        ended = past + datetime.timedelta(seconds=10)
        assert edge.verdict(self._signed(b"", "http://a.test/", *ASKED, created=past)) == "ok"
        wire = self._signed(b"", "http://a.test/", *ASKED, created=past, expires=ended)
        assert edge.verdict(wire) == "credential-expired"


class TestBodies:
    """What came together with the head; more in ``tests/edge/auth/test_signed_bodies.py``."""

    def test_another_body(self, edge: SigningEdge) -> None:
        assert edge.verdict(POSTED) == "ok"
        assert edge.why(POSTED.but_sends(body=b'{"amount": 9}')) == (
            "the body is not the one whose Content-Digest was signed"
        )

    def test_another_body_with_its_digest(self, edge: SigningEdge) -> None:
        other = b'{"amount": 9}'
        fields = (("Content-Digest", digest_of(other)),)
        assert edge.verdict(POSTED.but_sends(body=other, digest=False, fields=fields)) == "credential-invalid"

    def test_a_body_where_none_was_signed(self, edge: SigningEdge) -> None:
        assert (
            edge.why(SIGNED.but_sends(body=b"x", digest=False))
            == "the signature does not cover content-digest"
        )
        chunked = (("Transfer-Encoding", "chunked"),)
        wire = SIGNED.but_sends(fields=chunked).wire() + b"1\r\nx\r\n0\r\n\r\n"
        assert edge.why(wire) == "the signature does not cover content-digest"

    def test_no_body_where_one_was_signed(self, edge: SigningEdge) -> None:
        fields = (("Content-Digest", digest_of(POSTED.body)),)
        assert edge.verdict(POSTED.but_sends(body=b"", fields=fields)) == "credential-invalid"

    @pytest.mark.parametrize("chunks", [b"4\r\nbody\r\n0\r\n\r\n", b"2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"])
    def test_a_chunked_body(self, edge: SigningEdge, chunks: bytes) -> None:
        fields = (("Transfer-Encoding", "chunked"), ("Content-Digest", digest_of(b"body")))
        signed = SignedRequest(method="POST", fields=fields, covered=(*ASKED, "content-digest"))
        assert edge.verdict(signed.wire() + chunks) == "ok"
        assert edge.verdict(signed.wire() + chunks.replace(b"y", b"i")) == "credential-invalid"
        assert edge.verdict(signed.wire() + b"0\r\n\r\n") == "credential-invalid"
