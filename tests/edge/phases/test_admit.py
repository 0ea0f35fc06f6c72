"""Who may use a rule, and how much it takes."""

from pathlib import Path

from tests.support.in_process import InProcess

POST = b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n"


def test_what_is_denied_is_denied_although_it_is_allowed(tmp_path: Path) -> None:
    edge = InProcess(
        tmp_path, 'rule a { when any; allow ip ["192.0.2.0/24"]; deny ip ["192.0.2.66"]; respond 200 "" }'
    )
    statuses = {ip: edge.status("/", ip) for ip in ("192.0.2.7", "192.0.2.66", "198.51.100.1", "::1")}
    assert statuses == {"192.0.2.7": 200, "192.0.2.66": 403, "198.51.100.1": 403, "::1": 403}


def test_a_rule_without_networks_is_for_everybody(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, 'rule a { when any; respond 200 "" }')
    assert edge.status("/", "198.51.100.1") == 200


def test_the_bound_of_a_body_is_the_rule_s_else_the_default(tmp_path: Path) -> None:
    edge = InProcess(
        tmp_path,
        'defaults { max body 10B }\nrule a { when path == "/a"; max body 20B; respond 200 "" }\n'
        'rule b { when any; respond 200 "" }',
    )
    assert edge.status(POST % 10 + b"x" * 10) == 200
    assert edge.status(POST % 11 + b"x" * 11) == 413
    assert edge.status(POST.replace(b" / ", b" /a ") % 20 + b"x" * 20) == 200
    assert edge.status(POST.replace(b" / ", b" /a ") % 21 + b"x" * 21) == 413
