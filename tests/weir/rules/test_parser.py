"""Text → document: every error at its place with what was expected, all of a text at once, in order."""

from __future__ import annotations

import pytest

from weir.models.document import Document, Rule
from weir.models.problem import Problem, Refused
from weir.rules.bounds import MAX_NAME, MAX_TEXT
from weir.rules.parser import parse


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(Refused) as refused:
        parse(text)
    return refused.value.problems


def places_of(text: str) -> list[tuple[int, int]]:
    return [(problem.line, problem.column) for problem in problems_of(text)]


@pytest.mark.parametrize(
    ("text", "place", "message", "expected", "suggestion"),
    [
        (
            "rul a {}",
            (1, 1),
            'unexpected "rul"',
            "a definition: defaults, define, upstream, limit, group or rule",
            '"rule"',
        ),
        ("rule {}", (1, 6), 'unexpected "{"', "the name of the rule", ""),
        ("rule a", (1, 7), "the text ends too early", '"{"', ""),
        ("rule a\n{}", (1, 7), "the line ends too early", '"{"', ""),
        ("rule a {", (1, 9), "the text ends too early", 'the "}" of the block that begins at line 1', ""),
        (
            "rule a { proxy x",
            (1, 17),
            "the text ends too early",
            'the "}" of the block that begins at line 1',
            "",
        ),
        ("}", (1, 1), 'unexpected "}"', "a definition", ""),
        ("rule a {} }", (1, 11), 'unexpected "}"', "a definition", ""),
        (
            "{}",
            (1, 1),
            'unexpected "{"',
            "a definition: defaults, define, upstream, limit, group or rule",
            "",
        ),
        ("rule 1st {}", (1, 6), 'unexpected "1st"', "the name of the rule", '"1st"'),
        ('rule "" {}', (1, 6), "not usable as the name of the rule", "1 to 253 printable characters", ""),
        (
            'rule "a\\nb" {}',
            (1, 6),
            "not usable as the name of the rule",
            "1 to 253 printable characters",
            "",
        ),
        ("language", (1, 9), "the text ends too early", "the version of the language", ""),
        ("language x", (1, 10), 'unexpected "x"', "the version of the language", ""),
        ("language 2", (1, 10), "language 2 is newer than this program", "at most 1", ""),
        ("language 1 rule a {}", (1, 12), 'unexpected "rule"', "the end of the line", ""),
        (
            "rule a {}\nlanguage 1",
            (2, 1),
            'unexpected "language"',
            "a definition: defaults, define, upstream, limit, group or rule",
            "",
        ),
        ("language 1.5", (1, 10), "1.5 is not a whole number", "the version of the language", ""),
        (
            "language 99999999999999999",
            (1, 10),
            "99999999999999999 is out of range",
            "the version of the language from 1 to 9007199254740991",
            "",
        ),
        ("rule a { prxy x }", (1, 10), 'unexpected "prxy"', "a clause of a rule", '"proxy"'),
        (
            "rule a { target http://a }",
            (1, 10),
            '"target" is a clause of an upstream',
            "a clause of a rule",
            "",
        ),
        ("upstream a { when any }", (1, 14), '"when" is a clause of a rule', "a clause of an upstream", ""),
        ("upstream a { proxy x }", (1, 14), '"proxy" is a clause of a rule', "a clause of an upstream", ""),
        ("rule a { balance p2c }", (1, 10), '"balance" is a clause of an upstream', "a clause of a rule", ""),
        ("defaults { proxy x }", (1, 12), '"proxy" is a clause of a rule', "a clause of defaults", ""),
        ("rule a { zzz }", (1, 10), 'unexpected "zzz"', "a clause of a rule", ""),
        ("rule a { 5 }", (1, 10), 'unexpected "5"', "a clause of a rule", ""),
        ("rule a { when }", (1, 15), 'unexpected "}"', "a condition", ""),
        (
            'rule a { when hots == "a" }',
            (1, 15),
            'unknown field "hots"',
            "cookie, header, host, ip, method, path, port, query or scheme",
            '"host"',
        ),
        (
            'rule a { when host = "a" }',
            (1, 20),
            'unexpected "="',
            "an operator: !=, ==, contains, ends_with, in, matches or starts_with",
            '"=="',
        ),
        (
            'rule a { when host is "a" }',
            (1, 20),
            'unexpected "is"',
            "an operator: !=, ==, contains, ends_with, in, matches or starts_with",
            '"=="',
        ),
        (
            'rule a { when host not "a" }',
            (1, 20),
            'unexpected "not"',
            "an operator: !=, ==, contains, ends_with, in, matches or starts_with",
            '"not host …" or "!="',
        ),
        (
            "rule a { when host }",
            (1, 20),
            'unexpected "}"',
            "an operator: !=, ==, contains, ends_with, in, matches or starts_with",
            "",
        ),
        (
            "rule a { when host exists }",
            (1, 20),
            '"exists" does not work on host',
            "!=, ==, contains, ends_with, in, matches or starts_with",
            "",
        ),
        ('rule a { when port == "80" }', (1, 23), 'unexpected "80"', "a port number", ""),
        ("rule a { when port == 0 }", (1, 23), "0 is out of range", "a port number from 1 to 65535", ""),
        (
            "rule a { when port == 65536 }",
            (1, 23),
            "65536 is out of range",
            "a port number from 1 to 65535",
            "",
        ),
        (
            "rule a { when host == example.com }",
            (1, 23),
            'unexpected "example.com"',
            "a value in double quotes",
            '"example.com"',
        ),
        ('rule a { when host in "a" }', (1, 23), 'unexpected "a"', '"["', ""),
        ('rule a { when host == ["a"] }', (1, 23), 'unexpected "["', "a value in double quotes", ""),
        ('rule a { when header == "a" }', (1, 22), 'unexpected "=="', '"("', ""),
        (
            "rule a { when header(X) exists }",
            (1, 22),
            'unexpected "X"',
            "the name of the header in double quotes",
            '"X"',
        ),
        (
            'rule a { when path undr "/a" }',
            (1, 20),
            'unexpected "undr"',
            "an operator: !=, ==, contains, ends_with, in, like, matches, starts_with or under",
            '"under"',
        ),
        ("rule a { when (any }", (1, 20), 'unexpected "}"', '")"', ""),
        ("rule a { when any) }", (1, 18), 'unexpected ")"', "the end of the line", ""),
        ("rule a { when any any }", (1, 19), 'unexpected "any"', "the end of the line", ""),
        ("rule a { when and any }", (1, 15), 'unexpected "and"', "a condition", ""),
        ("rule a { when any and }", (1, 23), 'unexpected "}"', "a condition", ""),
        ("rule a { when not }", (1, 19), 'unexpected "}"', "a condition", ""),
        ('rule a { when ip like "a" }', (1, 18), '"like" does not work on ip', "!=, == or in", ""),
        ("define = any", (1, 8), 'unexpected "="', "a name for the condition", ""),
        ('define any = host == "a"', (1, 8), '"any" is a word of the language', "another name", ""),
        ("define a any", (1, 10), 'unexpected "any"', '"="', ""),
        ('define "a" = any', (1, 8), 'unexpected "a"', "a name for the condition", ""),
        ("define a = ", (1, 12), "the text ends too early", "a condition", ""),
        (
            "rule a { proxy }",
            (1, 16),
            'unexpected "}"',
            "the name of an upstream, or a URL such as http://orders.prod:8080",
            "",
        ),
        ("rule a { proxy x y }", (1, 18), 'unexpected "y"', "the end of the line", ""),
        (
            "rule a { proxy x, }",
            (1, 19),
            'unexpected "}"',
            "the name of an upstream, or a URL such as http://orders.prod:8080",
            "",
        ),
        ("rule a { proxy x -1 }", (1, 18), "unexpected character -", "", ""),
        ("rule a { proxy x 1000001 }", (1, 18), "1000001 is out of range", "a weight from 0 to 1000000", ""),
        ("rule a { proxy x 1.5 }", (1, 18), "1.5 is not a whole number", "a weight", ""),
        ("rule a { proxy by { } }", (1, 19), 'unexpected "{"', '"path"', ""),
        ('rule a { proxy by path { "/a" x } }', (1, 31), 'unexpected "x"', '"->"', ""),
        (
            "rule a { proxy by path { a -> x } }",
            (1, 26),
            'unexpected "a"',
            "a path prefix in double quotes",
            '"a"',
        ),
        ('rule a { redirect 200 "/" }', (1, 19), "200 is out of range", "a status from 300 to 399", ""),
        ("rule a { redirect }", (1, 19), 'unexpected "}"', "where to in double quotes", ""),
        ("rule a { respond }", (1, 18), 'unexpected "}"', "a status", ""),
        ("rule a { respond 99 }", (1, 18), "99 is out of range", "a status from 200 to 599", ""),
        ("rule a { respond 200 x }", (1, 22), 'unexpected "x"', "the end of the line", ""),
        ("rule a { mirror 1 x }", (1, 17), "1 is not a percentage", "a percentage such as 10%", ""),
        ("rule a { mirror 101% x }", (1, 17), "101% is not a percentage", "a percentage such as 10%", ""),
        (
            "rule a { require }",
            (1, 18),
            'unexpected "}"',
            "key, token, basic, hmac, mtls, forward, anonymous or none",
            "",
        ),
        (
            "rule a { require kye }",
            (1, 18),
            'unexpected "kye"',
            "key, token, basic, hmac, mtls, forward, anonymous or none",
            '"key"',
        ),
        ("rule a { require key or none }", (1, 25), '"none" stands alone', "a method", ""),
        ("rule a { require none or key }", (1, 23), 'unexpected "or"', "the end of the line", ""),
        ('rule a { require hmac(a: "b") }', (1, 23), "hmac has no options", '")"', ""),
        (
            'rule a { require key(heder: "b") }',
            (1, 22),
            'unexpected "heder"',
            "an option of key: header, keep or query",
            '"header"',
        ),
        ('rule a { require key(header: "b", header: "c") }', (1, 35), '"header" stands twice', "", ""),
        ('rule a { require key(header "b") }', (1, 29), 'unexpected "b"', '":"', ""),
        (
            "rule a { limit }",
            (1, 16),
            'unexpected "}"',
            "the name of a limit, or a rate such as 100 per 1m",
            "",
        ),
        ("rule a { limit 5 }", (1, 18), 'unexpected "}"', '"per"', ""),
        (
            "rule a { limit 5 per }",
            (1, 22),
            'unexpected "}"',
            "a duration such as 500ms, 30s, 5m, 1h or 7d",
            "",
        ),
        (
            "rule a { limit 5 per 1 }",
            (1, 22),
            "1 is not a duration",
            "a duration such as 500ms, 30s, 5m, 1h or 7d",
            "",
        ),
        ("rule a { limit 0 per 1s }", (1, 16), "0 is out of range", "how many from 1 to 1000000000000", ""),
        (
            "rule a { limit 5 per 1s by }",
            (1, 28),
            'unexpected "}"',
            "what to count by: consumer, cookie, header, host, ip, method, path, query, rule or tag",
            "",
        ),
        ("rule a { limit 5 per 1s by header }", (1, 35), 'unexpected "}"', '"("', ""),
        (
            "rule a { limit 5 per 1s by iq }",
            (1, 28),
            'unexpected "iq"',
            "what to count by: consumer, cookie, header, host, ip, method, path, query, rule or tag",
            "",
        ),
        (
            "rule a { limit 5 per 1s smooth calendar }",
            (1, 32),
            '"calendar" stands beside another of its kind',
            "",
            "",
        ),
        (
            "rule a { limit 5 per 1s by ip shadow shadow }",
            (1, 38),
            '"shadow" stands beside another of its kind',
            "",
            "",
        ),
        (
            "rule a { limit 5 per 1s on_store_failure shared }",
            (1, 42),
            'unexpected "shared"',
            "closed, open or share",
            '"share"',
        ),
        ("limit gold { by ip }", (1, 14), 'unexpected "by"', "how many", ""),
        ("rule a { timeout }", (1, 18), 'unexpected "}"', "connect, idle, total or try", ""),
        ("rule a { timeout 5s }", (1, 18), 'unexpected "5s"', "connect, idle, total or try", ""),
        (
            "rule a { timeout conect 5s }",
            (1, 18),
            'unexpected "conect"',
            "connect, idle, total or try",
            '"connect"',
        ),
        (
            "rule a { timeout try 5 }",
            (1, 22),
            "5 is not a duration",
            "a duration such as 500ms, 30s, 5m, 1h or 7d",
            "",
        ),
        ("rule a { timeout try 5s, try 6s }", (1, 26), '"try" stands twice', "", ""),
        ("rule a { max 5 }", (1, 14), 'unexpected "5"', "body or head", ""),
        (
            "rule a { max body 5 }",
            (1, 19),
            "5 is not a size",
            "a size such as 512B, 64KiB, 10MiB or 1GiB",
            "",
        ),
        (
            "rule a { max body 5MB }",
            (1, 19),
            "5MB is not a size",
            "a size such as 512B, 64KiB, 10MiB or 1GiB",
            "",
        ),
        (
            "rule a { retry 11 on connect }",
            (1, 16),
            "11 is out of range",
            "how many further attempts from 1 to 10",
            "",
        ),
        ("rule a { retry 2 }", (1, 18), 'unexpected "}"', '"on"', ""),
        (
            "rule a { retry 2 on 501 }",
            (1, 21),
            'unexpected "501"',
            "429, 500, 502, 503, 504, connect, reset or timeout",
            "",
        ),
        ("rule a { compress gizp }", (1, 19), 'unexpected "gizp"', "br, gzip or zstd", '"gzip"'),
        (
            'rule a { cors { origin ["*"] } }',
            (1, 17),
            'unexpected "origin"',
            "credentials, expose, headers, max_age, methods or origins",
            '"origins"',
        ),
        ("rule a { cors { credentials; credentials } }", (1, 30), '"credentials" stands twice', "", ""),
        (
            "rule a { cors { credentials max_age 5s } }",
            (1, 29),
            'unexpected "max_age"',
            "the end of the line",
            "",
        ),
        ("rule a { log yes }", (1, 14), 'unexpected "yes"', "off or on", ""),
        ("rule a { tag }", (1, 14), 'unexpected "}"', "a tag", ""),
        ('rule a { set header "X" = "y" }', (1, 14), 'unexpected "header"', "request or response", ""),
        ('rule a { set request header "X" "y" }', (1, 33), 'unexpected "y"', '"="', ""),
        (
            'rule a { set request header X = "y" }',
            (1, 29),
            'unexpected "X"',
            "the name of the header in double quotes",
            '"X"',
        ),
        ('rule a { remove request header "X" = "y" }', (1, 36), 'unexpected "="', "the end of the line", ""),
        ('rule a { strip "/a" }', (1, 16), 'unexpected "/a"', '"prefix"', ""),
        ('rule a { replace prefix "/a" "/b" }', (1, 30), 'unexpected "/b"', '"with"', ""),
        (
            "rule a { host api }",
            (1, 15),
            'unexpected "api"',
            "preserve, upstream or a name in double quotes",
            "",
        ),
        ('rule a { host "a" "b" }', (1, 19), 'unexpected "b"', "the end of the line", ""),
        ('rule a { allow "1.2.3.4" }', (1, 16), 'unexpected "1.2.3.4"', '"ip"', ""),
        ("rule a { allow ip 10.0.0.0/8 }", (1, 19), 'unexpected "10.0.0.0/8"', "", '"10.0.0.0/8"'),
        ("rule a { priority -1 }", (1, 19), "unexpected character -", "", ""),
        (
            "rule a { priority 1000001 }",
            (1, 19),
            "1000001 is out of range",
            "a priority from 0 to 1000000",
            "",
        ),
        (
            "upstream a { target orders:80 }",
            (1, 21),
            'unexpected "orders"',
            "a URL such as http://orders-1.prod:8080",
            "http://orders:80",
        ),
        ("upstream a { target }", (1, 21), 'unexpected "}"', "a URL such as http://orders-1.prod:8080", ""),
        (
            "upstream a { balance random }",
            (1, 22),
            'unexpected "random"',
            "hash, least_conn, p2c or round_robin",
            "",
        ),
        ("upstream a { balance hash }", (1, 27), 'unexpected "}"', '"("', ""),
        ("upstream a { balance hash(header) }", (1, 33), 'unexpected ")"', '"("', ""),
        ("upstream a { check /h every 5s }", (1, 20), 'unexpected "/h"', "a method such as GET", ""),
        ("upstream a { check GET /h }", (1, 27), 'unexpected "}"', '"every"', ""),
        ("upstream a { eject 5 }", (1, 20), 'unexpected "5"', '"after"', ""),
        ("upstream a { budget 10% }", (1, 25), 'unexpected "}"', '"per"', ""),
        (
            "upstream a { concurrency 0 }",
            (1, 26),
            "0 is out of range",
            '"adaptive", or how many requests at once, from 1 to 1000000',
            "",
        ),
        ("upstream a { tls verify }", (1, 25), 'unexpected "}"', "off or on", ""),
        ('upstream a { sticky "a" }', (1, 21), 'unexpected "a"', '"cookie"', ""),
        (
            "upstream a { slow_start }",
            (1, 25),
            'unexpected "}"',
            "a duration such as 500ms, 30s, 5m, 1h or 7d",
            "",
        ),
        ("defaults a {}", (1, 10), 'unexpected "a"', '"{"', ""),
        ('defaults { trusted_proxies "a" }', (1, 28), 'unexpected "a"', '"["', ""),
        ("defaults { credentials 5h }", (1, 24), 'unexpected "5h"', '"max_stale"', ""),
        ("defaults { merge_slashes 1 }", (1, 26), 'unexpected "1"', "off or on", ""),
        ("group a { group b {} }", (1, 11), "a group cannot stand inside a group", "a rule or a clause", ""),
        ("group a { upstream b {} }", (1, 11), 'unexpected "upstream"', "a clause of a rule", ""),
        ("group a { rul b {} }", (1, 11), 'unexpected "rul"', "a clause of a rule", '"rule"'),
        ("rule a { priority ١٢ }", (1, 19), "١٢ is not a whole number", "a priority", ""),
        (
            "rule a { when any # why } ",
            (1, 27),
            "the text ends too early",
            'the "}" of the block that begins at line 1',
            "",
        ),
    ],
)
def test_an_error_says_where_what_and_what_instead(
    text: str, place: tuple[int, int], message: str, expected: str, suggestion: str
) -> None:
    assert problems_of(text) == (
        Problem("syntax", message, "error", *place, expected=expected, suggestion=suggestion),
    )


def test_all_errors_of_a_text_come_at_once_and_in_order() -> None:
    text = """
rule a { when hots == "x"; prxy b; respond 99 }
upstream b {
    target c
    balance random  # no
}
rul d {
    proxy e
}
defaults {
    trusted_proxies ["10.0.0.0/8", 5]
    log maybe
}
group f {
    rule g { require kye }
    when host == 'single'
    proxy h }
"""
    assert places_of(text) == [
        (2, 15),
        (2, 28),
        (2, 44),
        (4, 12),
        (5, 13),
        (7, 1),
        (11, 36),
        (12, 9),
        (15, 22),
        (16, 18),
    ]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('rule a { when host in [\n "a",\n 5,\n "b"\n]\n prxy b }', [(3, 2), (6, 2)]),
        ("rule a { when (any\n prxy b }", [(2, 2)]),
        ("rule a { when (any\n proxy b\n prxy c }\nrul d {}", [(2, 2), (3, 2), (4, 1)]),
        ("define a = (\nrule b { prxy c }", [(2, 6)]),
        ('rule a { require key(heder: "x", query: "y") \n prxy b }', [(1, 22), (2, 2)]),
        ("rule a\n{ prxy b }\nrul c {}", [(1, 7), (3, 1)]),
        ("rule a {\n proxy b\n}}\nrul c {}", [(3, 2), (4, 1)]),
        ("rule a {\n proxy b\nrule c {\n proxy d\n}", [(3, 1), (5, 2)]),
        ('rule "a { proxy b }\nrul c {}', [(1, 6), (2, 1)]),
        ('rule a { respond 200 "a\n prxy }\nrul c {}', [(1, 22), (2, 2), (3, 1)]),
        ("language x\nrul a {}", [(1, 10), (2, 1)]),
        ("language 2\nrul a {}", [(1, 10), (2, 1)]),
        ("rule a { cors { origin []; mthods [] } }", [(1, 17), (1, 28)]),
        ("rule 订单 { proxy 商店 }", [(1, 6), (1, 17)]),
    ],
)
def test_one_error_does_not_hide_others_nor_make_some_up(text: str, places: list[tuple[int, int]]) -> None:
    assert places_of(text) == places


def test_columns_are_the_same_with_other_line_ends_tabs_and_a_byte_order_mark() -> None:
    assert places_of("rule a {\n\tprxy b\n}\nrul c {}") == [(2, 2), (4, 1)]
    assert places_of("\ufeffrule a {\r\n\tprxy b\r\n}\r\nrul c {}") == [(2, 2), (4, 1)]
    assert places_of("\ufeffrul c {}") == [(1, 1)]


def test_a_nul_is_an_error_with_its_place() -> None:
    assert [p.text() for p in problems_of("rule a {\n proxy b\0 }")] == ["2:9: unexpected character U+0000"]


@pytest.mark.parametrize(
    "text", ["", "\n", "\ufeff", " \t\r\n", ";;", "language 1", "language 1\n", "language 1;"]
)
def test_an_empty_text_is_an_empty_document(text: str) -> None:
    assert parse(text).document == Document()


def test_clauses_end_at_a_line_end_or_a_semicolon() -> None:
    one = parse("rule a { priority 1; proxy b; tag c }").document
    assert parse("rule a {\npriority 1\nproxy b\ntag c\n}").document == one
    assert parse("rule a {priority 1;\nproxy b;;\n\n;tag c;};").document == one


def test_conditions_lists_and_weights_go_on_over_lines_where_that_is_clear() -> None:
    text = """
    rule a {
        when (
            host in [
                "a",
                "b",
            ]
            or not
            ( path under /a )
        )
            and method == "GET"
        proxy b 1,
              c 2
        require key
             or token(
                scope: "api",
             )
    }
    """
    flat = (
        'rule a { when (host in ["a", "b"] or not (path under "/a")) and method == "GET"; proxy b 1, c 2;'
        ' require key or token(scope: "api") }'
    )
    assert parse(text).document == parse(flat).document


def test_a_name_may_have_as_many_characters_as_the_bound_and_not_one_more() -> None:
    rule = parse(f"rule {'a' * MAX_NAME} {{}}").document.definitions[0]
    assert isinstance(rule, Rule)
    assert len(rule.name) == MAX_NAME
    assert places_of(f"rule {'a' * (MAX_NAME + 1)} {{}}") == [(1, 6)]


def test_a_text_may_have_as_many_characters_as_the_bound_and_not_one_more() -> None:
    assert parse("\t" * MAX_TEXT).document == Document()
    problem = problems_of("\t" * (MAX_TEXT + 1))[0]
    assert (problem.code, problem.expected) == ("too-large", f"at most {MAX_TEXT} characters")


def test_positions_know_where_nodes_stood_and_nothing_else() -> None:
    parsed = parse("rule a {\n  proxy b, c\n}")
    rule = parsed.document.definitions[0]
    assert isinstance(rule, Rule)
    assert parsed.positions.of(rule) == (1, 1)
    assert parsed.positions.of(rule.clauses[0]) == (2, 3)
    assert parsed.positions.of(rule.clauses[0].to[1]) == (2, 12)  # type: ignore[union-attr]
    assert parsed.positions.of(object()) == (0, 0)
