"""`weir explain` as somebody at a terminal uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.verbs import explain

RULES = """
upstream orders { target http://127.0.0.1:1 }
group api {
    when host == "api.example.com"
    proxy by path { "/orders" -> orders }
    rule export { when path under "/orders/export" and header("X-Export") == "yes"; proxy orders }
}
rule rest { when any; respond 404 "nothing here" }
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    file = tmp_path / "gateway.weir"
    file.write_text(RULES)
    return str(file)


def test_the_winner_and_the_reason_of_every_loser_are_shown(
    rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain.run(["--file", rules, "GET http://api.example.com/orders/export/7"]) == 0
    text = capsys.readouterr().out
    assert "api" in text.splitlines()[0]
    assert "api/export" in text
    assert 'header("x-export")' in text.lower()


def test_a_header_changes_the_winner(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    request = "GET http://api.example.com/orders/export/7"
    assert explain.run(["--file", rules, "--json", request, "-H", "X-Export: yes"]) == 0
    with_header = json.loads(capsys.readouterr().out)
    assert explain.run(["--file", rules, "--json", request]) == 0
    without = json.loads(capsys.readouterr().out)
    assert with_header != without


def test_method_and_url_need_no_quotes(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.run(["--file", rules, "POST", "http://api.example.com/orders/7", "--ip", "10.0.0.1"]) == 0
    assert capsys.readouterr().out.startswith("POST api.example.com/orders/7")


def test_the_path_is_made_normal_as_the_edge_does(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.run(["--file", rules, "http://API.example.com//x/../orders/%37"]) == 0
    assert "api" in capsys.readouterr().out.splitlines()[0]


def test_what_an_upstream_and_the_defaults_say_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gateway.weir"
    file.write_text(
        "defaults { retry 2 on connect, 503 }\n"
        "upstream orders { target http://127.0.0.1:1; concurrency 20 }\n"
        "rule all { when any; proxy orders }\n"
    )
    assert explain.run(["--file", str(file), "POST http://x/b"]) == 0
    text = capsys.readouterr().out
    assert "retry: up to 2 more attempts after connect; not after 503, as POST may have taken effect" in text
    assert "concurrency: orders gets 20 requests at once" in text


def test_no_rule_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "one.weir"
    file.write_text('rule a { when path == "/a"; respond 200 }\n')
    assert explain.run(["--file", str(file), "GET http://x/b"]) == 1


def test_clauses_without_an_engine_do_not_keep_a_file_from_being_explained(tmp_path: Path) -> None:
    file = tmp_path / "later.weir"
    file.write_text("rule a { require mtls; respond 200 }\n")
    assert explain.run(["--file", str(file), "GET http://x/b"]) == 0


@pytest.mark.parametrize("request_line", ["nonsense", "GET ftp://x/", "GET http://a b/", "GET http://x/%zz"])
def test_what_is_no_request_is_one_sentence(
    rules: str, request_line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain.run(["--file", rules, request_line]) == 2
    assert capsys.readouterr().err.startswith("weir explain: ")


def test_a_bad_header_is_one_sentence(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.run(["--file", rules, "GET http://x/", "-H", "no colon"]) == 2
    assert "expected NAME: VALUE" in capsys.readouterr().err


def test_a_file_with_errors_shows_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.weir"
    file.write_text("rule a { proxy nowhere }\n")
    assert explain.run(["--file", str(file), "GET http://x/"]) == 2
    assert 'no upstream is called "nowhere"' in capsys.readouterr().err


def test_who_calls_can_be_said_for_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "counted.weir"
    file.write_text(
        "rule a { require key; limit 5 per 1m by consumer; limit 9 per 1m by tag; respond 200 }\n"
    )
    who = ["--consumer", "acme", "--tag", "gold", "--tag", "eu"]
    assert explain.run(["--file", str(file), *who, "GET http://x/"]) == 0
    said = capsys.readouterr().out
    assert 'counted as "=acme"' in said
    assert 'counted as "=eu,gold"' in said
    assert "require: an API key" in said
