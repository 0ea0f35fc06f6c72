"""Rules that answer by themselves, against a real edge."""

from __future__ import annotations

from tests.support.edge_process import EdgeProcess


class TestRespond:
    def test_a_text_with_its_type(self, edge: EdgeProcess) -> None:
        edge.publish("""rule a { when any; respond 418 "short {and} stout" }""")
        with edge.client() as client:
            response = client.get("/")
        assert (response.status, response.body) == (418, b"short {and} stout")
        assert response.header("content-type") == "text/plain; charset=utf-8"

    def test_head_gets_the_length_without_the_body(self, edge: EdgeProcess) -> None:
        edge.publish("""rule a { when any; respond 200 "body" }""")
        with edge.client() as client:
            client.send(b"HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n")
            assert client.response("HEAD").header("content-length") == "4"
            assert client.get("/").body == b"body"

    def test_no_content_has_no_length(self, edge: EdgeProcess) -> None:
        edge.publish("""rule a { when any; respond 204 }""")
        with edge.client() as client:
            response = client.get("/")
            assert (response.status, response.header("content-length")) == (204, None)
            assert client.get("/").status == 204

    def test_a_redirect_keeps_path_and_query(self, edge: EdgeProcess) -> None:
        edge.publish("""rule a { when any; redirect 308 "https://new.test{uri}" }""")
        with edge.client() as client:
            response = client.get("/a%20b?c=d%0d%0aX:%20y")
        assert response.status == 308
        assert response.header("location") == "https://new.test/a%20b?c=d%0d%0aX:%20y"
        assert response.header("x") is None
