import pytest

from benchmarks.side_by_side import wrk
from benchmarks.side_by_side.process import Failed

SAID = """\
Running 1s test @ http://127.0.0.1:41207/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.36ms    4.31ms  43.72ms   90.32%
    Req/Sec    13.25k     4.09k   18.66k    63.64%
  Latency Distribution
     50%  {p50}
     75%    4.05ms
     90%    7.62ms
     99%  {p99}
  14500 requests in 1.10s, 3.51MB read
Requests/sec:  13180.52
Transfer/sec:      {transfer}
"""


def said(p50: str = "1.93ms", p99: str = "22.08ms", transfer: str = "3.19MB") -> str:
    return SAID.format(p50=p50, p99=p99, transfer=transfer)


def test_what_wrk_says_is_read() -> None:
    assert wrk.read(said()) == pytest.approx((14500, 13180.52, 3.19, 1.93, 22.08))


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("850.00us", 0.85), ("1.20s", 1200.0), ("1.50m", 90_000.0), ("0.00us", 0.0)]
)
def test_latencies_are_milliseconds_whatever_their_unit(text: str, milliseconds: float) -> None:
    read = wrk.read(said(p50=text, p99=text))
    assert (read.p50_ms, read.p99_ms) == pytest.approx((milliseconds, milliseconds))


@pytest.mark.parametrize(
    ("text", "mib"), [("512.00KB", 0.5), ("1.50GB", 1536.0), ("524288.00B", 0.5), ("2.00MB", 2.0)]
)
def test_transfers_are_mebibytes(text: str, mib: float) -> None:
    assert wrk.read(said(transfer=text)).mib_per_second == pytest.approx(mib)


@pytest.mark.parametrize(
    "complaint",
    ["Non-2xx or 3xx responses: 7", "Socket errors: connect 0, read 3, write 0, timeout 0"],
)
def test_an_answer_that_is_not_200_or_a_broken_connection_is_a_failure(complaint: str) -> None:
    with pytest.raises(Failed, match=f"wrk says: {complaint}"):
        wrk.read(f"{said()}  {complaint}\n")


def test_text_that_is_not_of_wrk_is_a_failure() -> None:
    with pytest.raises(Failed, match="something unknown"):
        wrk.read("unable to connect")
