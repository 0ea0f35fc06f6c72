"""What a document means: its routes."""

from __future__ import annotations

from tests.support.design_rules import DESIGN, UPSTREAMS
from weir.models.condition import And, AnyRequest, Compare, Not, Or
from weir.models.effective import Route
from weir.models.rule_clauses import Proxy, Redirect, Require, Respond, RewritePath, StripPrefix, Timeout
from weir.models.values import Destination
from weir.rules.check.document import check
from weir.rules.json_form import from_json, to_json
from weir.rules.parser import parse
from weir.rules.printer import print_document
from weir.rules.resolve import Environment, environment, routes


def environment_of(text: str) -> Environment:
    return environment(parse(text).document.definitions)


def routes_of(text: str) -> dict[str, Route]:
    definitions = parse(text).document.definitions
    return {route.name + route.path_line: route for route in routes(definitions, environment(definitions))}


OFFICE = Compare("ip", "in", ("10.0.0.0/8", "192.168.0.0/16"))
API = Compare("host", "in", ("api.example.com", "api.example.net"))
SHOP = Compare("host", "==", "shop.example.com")


def test_the_example_of_the_design_is_read_printed_and_sound() -> None:
    parsed = parse(DESIGN + UPSTREAMS)
    text = print_document(parsed.document)
    assert parse(text).document == parsed.document
    assert print_document(parse(text).document) == text
    assert from_json(to_json(parsed.document)) == parsed.document
    problems = check(*parsed)
    assert {problem.code for problem in problems} <= {"not-built", "by-consumer"}
    (warning,) = (problem for problem in problems if problem.severity == "warning")
    assert warning.message.startswith('rule "api/export" counts by consumer')


def test_the_example_of_the_design_has_these_routes() -> None:
    found = routes_of(DESIGN)
    assert list(found) == [
        *("api/orders", "api/users", "api/pay", "api/export"),
        *("posts", "shop", "static", "old-site", "teapot", "rest"),
    ]
    assert found["api/users"].action == Proxy(to=(Destination("http://users.prod:8000"),))
    assert found["api/pay"].action == Proxy(to=(Destination("pay-v1", 90), Destination("pay-v2", 10)))
    assert found["api/pay"].condition == And((API, Compare("path", "under", "/pay")))
    export = found["api/export"]
    assert export.condition == And((API, And((Compare("path", "under", "/orders/export"), OFFICE))))
    assert export.require == Require()
    assert found["api/orders"].require == found["api/users"].require != Require()
    assert [limit.name for limit in export.limits] == ["gold"]
    assert found["posts"].path_edit == RewritePath(path="/posts/{rest}")
    assert [(header.name, header.value) for header in found["posts"].headers] == [("X-User", "{id}")]
    assert found["shop"].condition == And((SHOP, Not(And((Compare("path", "under", "/admin"), Not(OFFICE))))))
    assert found["shop"].mirror is not None
    favicon = Or((Compare("path", "under", "/static"), Compare("path", "==", "/favicon.ico")))
    assert found["static"].condition == And((SHOP, favicon))
    assert found["old-site"].action == Redirect(status=301, location="https://new.example.com{uri}")
    assert found["rest"] == Route(
        name="rest", condition=AnyRequest(), action=Respond(status=404, body="nothing here")
    )


def test_a_rule_without_a_condition_is_for_every_request() -> None:
    assert routes_of("rule a { respond 200 }")["a"].condition == AnyRequest()
    group = routes_of('group g { when any; rule a { when host == "x"; respond 200 } }')
    assert group["g/a"].condition == Compare("host", "==", "x")


def test_an_inner_clause_of_the_same_kind_wins_and_others_are_inherited() -> None:
    text = """
    group g {
        priority 5; require key; allow ip "10.0.0.0/8"; deny ip "::1"; max body 1MiB; tag a; log off
        strip prefix "/g"; host upstream; mirror 5% m; retry 1 on connect; compress gzip
        cors { origins ["*"] }
        proxy u
        rule same {}
        rule other {
            priority 6; require none; allow ip "::2"; deny ip "::3"; max body 2MiB; tag b; log on
            rewrite path "/r"; host preserve; mirror 6% m; retry off; compress off
            cors { origins ["http://a"] }
            respond 200
        }
    }
    """
    found = routes_of(text)
    group, same, other = found["g"], found["g/same"], found["g/other"]
    for field in Route.__struct_fields__:
        if field not in ("name", "condition", "path_line", "headers", "limits", "timeout"):
            assert getattr(same, field) == getattr(group, field)
            assert getattr(other, field) != getattr(group, field), field
    assert group.priority == 5
    assert (group.allow_ip, group.deny_ip, group.max_body) == (("10.0.0.0/8",), ("::1",), 1024**2)
    assert (group.tags, group.log, group.path_edit) == (("a",), False, StripPrefix(prefix="/g"))
    assert (other.tags, other.log, other.max_body) == (("b",), True, 2 * 1024**2)


def test_timeouts_are_inherited_part_by_part() -> None:
    text = "group g { timeout connect 1s, try 2s; rule a { timeout try 3s, total 4s; respond 200 } }"
    timeout = routes_of(text)["g/a"].timeout
    assert timeout == Timeout(connect_ms=1_000, try_ms=3_000, total_ms=4_000)


def test_header_edits_are_inherited_field_by_field() -> None:
    text = """
    group g {
        set request header "X-A" = "1"
        add request header "X-B" = "1"
        set response header "X-A" = "1"
        rule a { set request header "x-a" = "2"; add request header "X-C" = "3"; respond 200 }
    }
    """
    edits = [(edit.side, edit.name, edit.value) for edit in routes_of(text)["g/a"].headers]
    assert edits == [
        ("request", "X-B", "1"),
        ("response", "X-A", "1"),
        ("request", "x-a", "2"),
        ("request", "X-C", "3"),
    ]


def test_limits_of_a_rule_replace_all_limits_of_its_group() -> None:
    text = "group g { limit 5 per 1s; limit 6 per 1m; rule a { limit 7 per 1h; respond 200 } rule b { respond 200 } }"
    found = routes_of(text)
    assert [(limit.name, limit.rate.count) for limit in found["g/a"].limits] == [("g/a#0", 7)]
    assert [(limit.name, limit.rate.count) for limit in found["g/b"].limits] == [("g/b#0", 5), ("g/b#1", 6)]


def test_a_limit_is_known_by_its_name_or_by_rule_and_ordinal() -> None:
    text = """
    limit gold { 5 per 1s; 50 per 1m }
    rule gold { limit 7 per 1s cost 2; limit gold cost 3; limit 8 per 1s; respond 200 }
    """
    limits = routes_of(text)["gold"].limits
    assert [(limit.name, limit.cost) for limit in limits] == [
        ("gold#0", 2),
        ("gold", 3),
        ("gold##1", 3),
        ("gold#2", 1),
    ]
    assert len({limit.name for limit in limits}) == len(limits)


def test_a_rule_takes_so_many_times_what_a_named_limit_says_of_its_cost() -> None:
    text = "limit gold { 50 per 1m cost 4; 9 per 1s } rule a { limit gold cost 3; limit gold; respond 200 }"
    limits = routes_of(text)["a"].limits
    assert [(limit.name, limit.cost) for limit in limits] == [
        ("gold", 12), ("gold##1", 3), ("gold", 4), ("gold##1", 1)
    ]  # fmt: skip


def test_a_publish_that_changes_something_else_leaves_the_identity_of_limits() -> None:
    before = routes_of("rule a { limit 5 per 1s; limit 6 per 1m; respond 200 }")["a"].limits
    text = (
        'rule z { respond 200 }\nrule a { when host == "x"; limit 5 per 1s; tag t; limit 9 per 1m; proxy u }'
    )
    after = routes_of(text)["a"].limits
    assert [limit.name for limit in before] == [limit.name for limit in after]


def test_proxy_by_path_is_one_route_a_line_in_a_rule_in_a_group_and_inherited() -> None:
    lines = 'proxy by path { "/a" -> u 1, v 2; "/b" -> w }'
    found = routes_of(
        f"rule r {{ {lines} }}\ngroup g {{ {lines}; rule a {{ tag t }} rule x {{ respond 200 }} }}"
    )
    assert list(found) == ["r/a", "r/b", "g/a", "g/b", "g/a/a", "g/a/b", "g/x"]
    assert found["r/a"].path_line == "/a"
    assert found["r/a"].action == Proxy(to=(Destination("u", 1), Destination("v", 2)))
    assert found["r/b"].condition == Compare("path", "under", "/b")
    assert found["g/a/b"].tags == ("t",)


def test_references_stand_for_their_define_through_defines() -> None:
    text = 'define a = host == "x"\ndefine c = a or b\ndefine b = not a\nrule r { when c and not b; respond 200 }'
    host = Compare("host", "==", "x")
    assert routes_of(text)["r"].condition == And((Or((host, Not(host))), Not(Not(host))))


def test_a_group_over_several_chunks_is_one_group() -> None:
    definitions = parse(
        "group g { when any; tag t; respond 200; rule a { tag a } }\ngroup g { rule b { tag b } rule c { log off } }"
    ).document.definitions
    shared = environment(definitions)
    first = routes(definitions[:1], shared)
    second = routes(definitions[1:], shared, continues_group=True)
    assert [route.name for route in first] == ["g", "g/a"]
    assert [(route.name, route.tags, route.action) for route in second] == [
        ("g/b", ("b",), Respond(status=200)),
        ("g/c", ("t",), Respond(status=200)),
    ]


def test_clauses_of_a_later_chunk_belong_to_the_whole_group() -> None:
    definitions = parse("group g { rule a { tag a } }\ngroup g { respond 200 }").document.definitions
    (route,) = routes(definitions[:1], environment(definitions))[1:]
    assert (route.name, route.action) == ("g/a", Respond(status=200))


def test_only_the_first_group_of_a_chunk_goes_on() -> None:
    definitions = parse("group g { respond 200 }\ngroup h { respond 200 }").document.definitions
    found = routes(definitions, environment(definitions), continues_group=True)
    assert [route.name for route in found] == ["h"]


BASE = "define a = any\nlimit l { 5 per 1s }\ngroup g { tag t; rule r { respond 200 } }\nrule s { when a; respond 200 }"


def test_equal_content_has_an_equal_digest_and_rules_do_not_count() -> None:
    digest = environment_of(BASE).digest
    assert environment_of(BASE).digest == digest
    assert environment_of(BASE.replace("respond 200", "respond 201")).digest == digest
    assert (
        environment_of(BASE + "\nrule more { respond 200 }\nupstream u { target http://u }").digest == digest
    )
    moved = "\n".join(reversed(BASE.splitlines()))
    assert environment_of(moved).digest == digest


def test_a_change_of_what_is_shared_changes_the_digest() -> None:
    digests = {
        environment_of(BASE).digest,
        environment_of(BASE.replace("define a = any", "define a = not any")).digest,
        environment_of(BASE.replace("define a", "define b")).digest,
        environment_of(BASE.replace("5 per 1s", "6 per 1s")).digest,
        environment_of(BASE.replace("tag t", "tag u")).digest,
        environment_of(BASE + "\ndefine z = any").digest,
    }
    assert len(digests) == 6
