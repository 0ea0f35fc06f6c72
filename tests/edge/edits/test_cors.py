"""The fields of the Fetch standard's CORS protocol, for every kind of request and rule."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from edge.edits.cors import MAX_NAMED, CorsPolicy, is_preflight
from edge.http.head import Field, RequestHead
from weir.models.rule_clauses import Cors

APP = "https://app.test"
NAMED = Cors(origins=(APP,))
PREFIX = "access-control-"


def field(name: str, value: str) -> Field:
    return name.lower().encode(), name.encode(), value.encode()


def request(method: str = "GET", **fields: str) -> RequestHead:
    head = RequestHead()
    head.method = method.encode()
    head.fields = [field(name.replace("_", "-"), value) for name, value in fields.items()]
    return head


def preflight(method: str = "PUT", headers: str | None = None, origin: str = APP) -> RequestHead:
    head = request("OPTIONS", Origin=origin, Access_Control_Request_Method=method)
    if headers is not None:
        head.fields.append(field("Access-Control-Request-Headers", headers))
    return head


def fields_of(cors: Cors, head: RequestHead, *before: Field) -> dict[str, str]:
    found = CorsPolicy(cors).apply(list(before), SimpleNamespace(head=head))  # type: ignore[arg-type]
    pairs = [(lower.decode().removeprefix(PREFIX), value.decode()) for lower, _, value in found]
    said = dict(pairs)
    said["vary"] = ", ".join(value for name, value in pairs if name == "vary")
    assert len(said) >= len({name for name, _ in pairs})
    return {name: value for name, value in said.items() if value}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (preflight(), True),
        (preflight("GET"), True),
        (request("OPTIONS", Origin=APP), False),
        (request("OPTIONS", Access_Control_Request_Method="PUT"), False),
        (request("OPTIONS"), False),
        (request("GET", Origin=APP, Access_Control_Request_Method="PUT"), False),
    ],
)
def test_a_preflight_is_known_by_method_origin_and_what_it_asks(head: RequestHead, expected: bool) -> None:
    assert is_preflight(head) is expected


def test_two_origins_are_no_origin() -> None:
    head = preflight()
    head.fields.append(field("Origin", APP))
    assert not is_preflight(head)
    assert fields_of(NAMED, head) == {"vary": "Origin"}


@pytest.mark.parametrize(
    ("cors", "head", "expected"),
    [
        (NAMED, request(Origin=APP), {"allow-origin": APP, "vary": "Origin"}),
        (NAMED, request(Origin="https://evil.test"), {"vary": "Origin"}),
        (NAMED, request(), {"vary": "Origin"}),
        (NAMED, request(Origin="null"), {"vary": "Origin"}),
        (Cors(origins=("null",)), request(Origin="null"), {"allow-origin": "null", "vary": "Origin"}),
        (Cors(origins=("*",)), request(Origin=APP), {"allow-origin": "*"}),
        (Cors(origins=("*",)), request(), {"allow-origin": "*"}),
        (Cors(origins=("*", APP)), request(Origin=APP), {"allow-origin": "*"}),
        (
            Cors(origins=(APP,), expose=("X-A", "X-B"), credentials=True, methods=("PUT",), max_age_ms=5000),
            request("PUT", Origin=APP),
            {
                "allow-origin": APP,
                "allow-credentials": "true",
                "expose-headers": "X-A, X-B",
                "vary": "Origin",
            },
        ),
        (
            Cors(origins=("*",), expose=("*",)),
            request(Origin=APP),
            {"allow-origin": "*", "expose-headers": "*"},
        ),
    ],
)
def test_an_answer_says_who_may_read_it(cors: Cors, head: RequestHead, expected: dict[str, str]) -> None:
    assert fields_of(cors, head) == expected


@pytest.mark.parametrize(
    ("cors", "head", "expected"),
    [
        (NAMED, preflight(), {"allow-origin": APP, "vary": "Origin"}),
        (NAMED, preflight(origin="https://evil.test"), {"vary": "Origin"}),
        (
            Cors(
                origins=(APP,), methods=("PUT",), headers=("X-A", "X-B"), expose=("X-C",), max_age_ms=600_999
            ),
            preflight("DELETE", "x-c"),
            {
                "allow-origin": APP,
                "allow-methods": "PUT",
                "allow-headers": "X-A, X-B",
                "max-age": "600",
                "vary": "Origin",
            },
        ),
        (
            Cors(origins=(APP,), max_age_ms=0),
            preflight(),
            {"allow-origin": APP, "max-age": "0", "vary": "Origin"},
        ),
        (
            Cors(origins=("*",), methods=("*",), headers=("*",)),
            preflight("PUT", "authorization,x-a"),
            {
                "allow-origin": "*",
                "allow-methods": "*",
                "allow-headers": "authorization,x-a",
                "vary": "Access-Control-Request-Headers",
            },
        ),
        (
            Cors(origins=(APP,), methods=("*",), headers=("*",), credentials=True),
            preflight("PUT", "x-a, x-b"),
            {
                "allow-origin": APP,
                "allow-credentials": "true",
                "allow-methods": "PUT",
                "allow-headers": "x-a, x-b",
                "vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
            },
        ),
        (
            Cors(origins=(APP,), methods=("*",), headers=("*",), credentials=True),
            preflight("P UT", "x-a;b"),
            {
                "allow-origin": APP,
                "allow-credentials": "true",
                "vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
            },
        ),
    ],
)
def test_a_preflight_is_told_what_is_allowed(cors: Cors, head: RequestHead, expected: dict[str, str]) -> None:
    assert fields_of(cors, head) == expected


@pytest.mark.parametrize("more", [0, 1])
def test_the_names_that_are_repeated_are_bounded(more: int) -> None:
    cors = Cors(origins=("*",), headers=("*",))
    asked = "a" * (MAX_NAMED + more)
    assert ("allow-headers" in fields_of(cors, preflight(headers=asked))) is (more == 0)


def test_the_upstream_s_word_is_replaced_and_the_rest_stays() -> None:
    before = [
        field("Access-Control-Allow-Origin", "*"),
        field("ACCESS-CONTROL-allow-Methods", "GET"),
        field("Vary", "Accept, Origin"),
        field("X-A", "1"),
    ]
    head = request(Origin=APP)
    assert fields_of(NAMED, head, *before) == {"allow-origin": APP, "vary": "Accept, Origin", "x-a": "1"}
    assert fields_of(NAMED, request(), *before) == {"vary": "Accept, Origin", "x-a": "1"}


@pytest.mark.parametrize(
    "cors",
    [Cors(origins=("*",), credentials=True), Cors(origins=(APP,), expose=("*",), credentials=True)],
)
def test_a_star_beside_credentials_is_refused(cors: Cors) -> None:
    with pytest.raises(ValueError, match="credentials are never sent"):
        CorsPolicy(cors)
