"""Clients that people use meet no surprise: curl, httpx, hey and h2load against a real edge with an upstream behind."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.parts import need
from tests.support.upstream import Request, Upstream, ok

TEN_MIB = 10 * 1024 * 1024
LARGE = "v" * 8000
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")


def answer(request: Request) -> bytes:
    """``/chunked`` and ``/STATUS`` answer so; everything else says what was asked and sends the body back."""
    path = request.line.split(b" ")[1]
    method = request.line.split(b" ")[0]
    if path == b"/chunked":
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
    if path in (b"/204", b"/304"):
        return b'HTTP/1.1 %b Nothing\r\nETag: "x"\r\n\r\n' % path[1:]
    if path == b"/large":
        return ok(b"large", b"X-Large: " + LARGE.encode())
    seen = request.header("x-large") or b""
    head = ok(request.body, b"X-Method: " + method, b"X-Seen: %d" % len(seen))
    return head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == b"HEAD" else head


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    upstream = Upstream(answer=answer).start()
    rules = f"""
        rule own {{ when path == "/own"; respond 200 "own" }}
        rule rest {{ when any; max body 16MiB; proxy {upstream.url} }}
    """
    edge = EdgeProcess(tmp_path_factory.mktemp("edge"), rules, workers=2)
    yield edge
    edge.stop()
    upstream.stop()


@pytest.fixture(scope="module")
def url(edge: EdgeProcess) -> str:
    return f"http://127.0.0.1:{edge.port}"


class TestHttpx:
    @pytest.fixture
    def client(self, url: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=url, timeout=60, limits=httpx.Limits(max_connections=1)) as client:
            yield client

    @pytest.mark.parametrize("method", METHODS)
    def test_methods_with_and_without_bodies_on_one_connection(
        self, client: httpx.Client, method: str
    ) -> None:
        for body in (None, b"", b"hello") if method not in ("GET", "HEAD") else (None,):
            response = client.request(method, "/echo", content=body)
            assert (response.status_code, response.headers["x-method"]) == (200, method)
            assert response.content == (body or b"")

    def test_bodies_whose_length_is_not_known(self, client: httpx.Client) -> None:
        assert (
            client.post("/echo", content=iter([b"a" * 10, b"b" * 70_000])).content
            == b"a" * 10 + b"b" * 70_000
        )
        assert client.get("/chunked").text == "abcdefg"

    def test_ten_mebibytes_up_and_down(self, client: httpx.Client) -> None:
        body = bytes(range(256)) * (TEN_MIB // 256)
        assert client.post("/echo", content=body).content == body

    @pytest.mark.parametrize("status", [204, 304])
    def test_answers_without_a_body_do_not_end_the_connection(
        self, client: httpx.Client, status: int
    ) -> None:
        first = client.get("/own").extensions["network_stream"].get_extra_info("client_addr")
        assert client.get(f"/{status}").status_code == status
        assert client.get("/own").extensions["network_stream"].get_extra_info("client_addr") == first

    def test_large_headers_both_ways(self, client: httpx.Client) -> None:
        assert client.get("/echo", headers={"X-Large": LARGE}).headers["x-seen"] == str(len(LARGE))
        assert client.get("/large").headers["x-large"] == LARGE


def curl(*arguments: str) -> tuple[int, str, bytes]:
    """Status, heads, body; curl itself must be content."""
    command = [str(need("curl")), "-sS", "--http1.1", "--max-time", "60", "-D", "/dev/stderr", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=90)
    assert done.returncode == 0, done.stderr.decode()
    heads = done.stderr.decode()
    return int(re.findall(r"^HTTP/1\.[01] (\d+)", heads, re.MULTILINE)[-1]), heads, done.stdout


class TestCurl:
    @pytest.mark.parametrize("method", [each for each in METHODS if each != "HEAD"])
    def test_methods(self, url: str, method: str) -> None:
        status, heads, body = curl("-X", method, "-d", "hello", f"{url}/echo")
        assert (status, body) == (200, b"hello")
        assert f"X-Method: {method}" in heads

    def test_head(self, url: str) -> None:
        status, heads, _ = curl("-I", f"{url}/echo")
        assert (status, "X-Method: HEAD" in heads) == (200, True)

    @pytest.mark.parametrize("extra", [(), ("-H", "Transfer-Encoding: chunked")])
    def test_a_large_body_after_expect_100_continue(
        self, url: str, tmp_path: Path, extra: tuple[str, ...]
    ) -> None:
        file = tmp_path / "body"
        file.write_bytes(b"0123456789abcdef" * (TEN_MIB // 16))
        expect = ("-H", "Expect: 100-continue")
        status, heads, body = curl(*expect, *extra, "--data-binary", f"@{file}", f"{url}/echo")
        assert (status, body == file.read_bytes()) == (200, True)
        assert heads.startswith("HTTP/1.1 100 Continue")

    @pytest.mark.parametrize("status", [204, 304])
    def test_answers_without_a_body(self, url: str, status: int) -> None:
        assert curl(f"{url}/{status}")[0] == status

    def test_several_requests_use_one_connection(self, url: str) -> None:
        _, heads, body = curl("-v", f"{url}/own", f"{url}/204", f"{url}/chunked", f"{url}/echo", f"{url}/own")
        assert body == b"ownabcdefgown"
        assert len(re.findall(r"Re-using existing|Reusing existing", heads)) == 4

    def test_http_1_0(self, url: str) -> None:
        assert curl("-0", f"{url}/chunked")[2] == b"abcdefg"

    def test_large_headers(self, url: str) -> None:
        assert f"X-Seen: {len(LARGE)}" in curl("-H", f"X-Large: {LARGE}", f"{url}/echo")[1]
        assert LARGE in curl(f"{url}/large")[1]


def said(program: str, *arguments: str) -> str:
    done = subprocess.run([str(need(program)), *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "flags",
    [(), ("-disable-keepalive",), ("-m", "POST", "-d", "hello"), ("-m", "HEAD"), ("-disable-compression",)],
    ids=" ".join,
)
@pytest.mark.parametrize("path", ["/own", "/echo"])
def test_hey_counts_nothing_but_200(url: str, path: str, flags: tuple[str, ...]) -> None:
    report = said("hey", "-n", "400", "-c", "10", *flags, url + path)
    assert re.findall(r"\[(\d+)\]\s+(\d+) responses", report) == [("200", "400")]
    assert "Error distribution" not in report


@pytest.mark.parametrize("flags", [(), ("-m", "8")], ids=["one at a time", "pipelined"])
@pytest.mark.parametrize("path", ["/own", "/echo", "/chunked"])
def test_h2load_counts_no_failure(url: str, path: str, flags: tuple[str, ...]) -> None:
    report = said("h2load", "--h1", "-n", "400", "-c", "8", "-t", "1", *flags, url + path)
    assert "400 total, 400 started, 400 done, 400 succeeded, 0 failed, 0 errored, 0 timeout" in report
    assert "status codes: 400 2xx, 0 3xx, 0 4xx, 0 5xx" in report
