"""Requests as they are described, against the rules of all owners."""

from __future__ import annotations

import pytest

from weir.models.document import OWNERS, Owner
from weir.models.effective import Settings
from weir.routing.described import BadRequest, Configuration, Described, explain_request, facts_of, fields_of
from weir.routing.table import RouteSet, Table
from weir.rules.parser import parse
from weir.rules.pools import pools
from weir.rules.resolve import environment, routes


def configuration(**texts: str) -> Configuration:
    found = {owner: parse(texts.get(owner, "")).document.definitions for owner in OWNERS}
    routed = {owner: routes(each, environment(each)) for owner, each in found.items()}
    sets = [RouteSet(owner, owner, each) for owner, each in routed.items()]
    by_owner: dict[Owner, object] = {owner: pools(found[owner], routed[owner]) for owner in OWNERS}
    return Configuration(Table.build(sets), by_owner, Settings())  # type: ignore[arg-type]


def test_rules_of_all_owners_are_candidates_and_rank_decides() -> None:
    given = configuration(
        file='rule general { when path under "/a"; respond 200 }',
        api='rule special { when path under "/a/b"; respond 200 }',
    )
    found = explain_request(given, Described("GET", "http://x/a/b/c"))
    assert [(each.owner, each.rule) for each in found.candidates] == [("api", "special"), ("file", "general")]
    assert found.winner == 0


def test_upstreams_are_those_of_the_winners_owner() -> None:
    given = configuration(
        file='upstream u { target http://127.0.0.1:1; concurrency 7 }\nrule f { when path == "/f"; proxy u }',
        api='upstream u { target http://127.0.0.1:1; concurrency 9 }\nrule a { when path == "/a"; proxy u }',
    )
    assert any(
        "9 requests" in each for each in explain_request(given, Described("GET", "http://x/a")).decisions
    )
    assert any(
        "7 requests" in each for each in explain_request(given, Described("GET", "http://x/f")).decisions
    )


def test_a_request_is_made_normal_as_the_edge_does() -> None:
    facts = facts_of(Described("", "https://U:p@EXAMPLE.com:8443//a/../%62?q=1", (("X-A", "1"),)), Settings())
    assert (facts.method, facts.host, facts.path) == ("GET", "example.com", "/b")
    assert (facts.port, facts.scheme) == (8443, "https")
    assert (facts.query("q"), facts.header("x-a")) == ("1", "1")


def test_a_host_field_has_the_last_word() -> None:
    assert facts_of(Described("GET", "http://127.0.0.1/", (("Host", "shop"),)), Settings()).host == "shop"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Described("GET", "/path"), "not a URL such as"),
        (Described("GET", "ftp://a/"), "not a URL such as"),
        (Described("GET", "http://[::1/"), "not a URL"),
        (Described("GET", "http://a/%zz"), "would answer 400"),
        (Described("GET", "http://a b/"), "would answer 400"),
        (Described("GET", "http://a/", (), "nowhere"), "not an IP address"),
    ],
)
def test_what_is_no_request_is_refused(request_: Described, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        facts_of(request_, Settings())


def test_header_fields_have_a_name_and_a_colon() -> None:
    assert fields_of(["A: 1", "b:2"]) == (("A", "1"), ("b", "2"))
    for bad in ("nothing", ": value"):
        with pytest.raises(BadRequest, match="expected NAME: VALUE"):
            fields_of([bad])
