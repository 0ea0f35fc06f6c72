from pathlib import Path

import pytest

from scripts.gateway_file import MINIMAL, NAME, demo_rules, names_address, write_once
from weir.models.document import Rule
from weir.processes.ports import Address
from weir.routing.validate import validate
from weir.rules.parser import parse

ADDRESS = Address("127.0.0.1", 8004)


def test_the_demo_rules_are_without_error_or_doubt() -> None:
    assert validate(*parse(demo_rules(ADDRESS))) == ()


def test_the_demo_rules_lead_to_the_demo_services_address() -> None:
    text = demo_rules(Address("127.0.0.1", 12345))
    assert "target http://127.0.0.1:12345" in text
    assert "DEMO_ADDRESS" not in text


def test_a_demo_service_on_all_addresses_is_reached_on_loopback() -> None:
    assert "target http://127.0.0.1:8004" in demo_rules(Address("0.0.0.0", 8004))
    assert "target http://[::1]:8004" in demo_rules(Address("::", 8004))


def test_the_demo_rules_show_the_language() -> None:
    text = demo_rules(ADDRESS)
    for word in (
        "define",
        "group",
        "proxy by path",
        "rewrite path",
        "set request header",
        "redirect",
        "respond",
        "#",
    ):
        assert word in text


def test_the_minimal_file_is_without_rules_and_without_error() -> None:
    document, positions = parse(MINIMAL)
    assert document.definitions == ()
    assert validate(document, positions) == ()


def test_what_the_minimal_file_proposes_is_without_error() -> None:
    lines = [line.removeprefix("# ") for line in MINIMAL.splitlines()[4:]]
    document, positions = parse("\n".join(lines))
    assert [type(definition) for definition in document.definitions][-1] is Rule
    assert validate(document, positions) == ()


def test_a_file_that_is_there_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        write_once(path, "ours")
    assert path.read_text() == "mine"


def test_rules_that_lead_elsewhere_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / NAME
    write_once(path, demo_rules(ADDRESS))
    assert names_address(path, ADDRESS)
    assert not names_address(path, Address("127.0.0.1", 8005))
    assert names_address(tmp_path / "absent", ADDRESS)
