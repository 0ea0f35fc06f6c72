"""Where requests come from and what they ask for, against a real edge."""

from __future__ import annotations

from tests.support.edge_process import EdgeProcess


class TestTrust:
    def test_a_trusted_peer_is_believed(self, edge: EdgeProcess, upstreams) -> None:
        upstream = upstreams()
        edge.publish(
            f"""defaults {{ trusted_proxies ["127.0.0.0/8", "10.0.0.0/8"] }}
            rule far {{ when ip == "192.0.2.7" and scheme == "https" and port == 443 and host == "b.test"
                proxy {upstream.url} }}"""
        )
        with edge.client() as client:
            response = client.get(
                "/",
                "a.test",
                "X-Forwarded-For: 203.0.113.9, 192.0.2.7, 10.0.0.1",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: b.test",
                "X-Request-Id: from-the-proxy",
                "Forwarded: for=192.0.2.7",
            )
        assert response.status == 200
        request = upstream.requests[0]
        assert request.header("x-forwarded-for") == b"192.0.2.7, 10.0.0.1, 127.0.0.1"
        assert request.header("x-real-ip") == b"192.0.2.7"
        assert request.header("x-forwarded-proto") == b"https"
        assert request.header("x-forwarded-port") == b"443"
        assert request.header("x-request-id") == b"from-the-proxy"
        assert request.header("forwarded") == (
            b'for=192.0.2.7;proto=https;host="b.test", for=10.0.0.1, for=127.0.0.1'
        )
        assert request.header("host") == b"b.test"

    def test_addresses_are_allowed_and_denied(self, edge: EdgeProcess) -> None:
        edge.publish(
            """defaults { trusted_proxies ["127.0.0.1"] }
            rule a { when any; allow ip ["192.0.2.0/24"]; deny ip ["192.0.2.66"]; respond 200 "in" }"""
        )
        with edge.client() as client:
            for ip, status in (("192.0.2.7", 200), ("192.0.2.66", 403), ("198.51.100.1", 403)):
                assert client.get("/", "a.test", f"X-Forwarded-For: {ip}").status == status
