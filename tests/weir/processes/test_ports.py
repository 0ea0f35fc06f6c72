import os
import socket

import pytest

from weir.processes.ports import Address, BadAddress, CannotListen, address_of, bind, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8000", Address("127.0.0.1", 8000)),
        (":8000", Address("127.0.0.1", 8000)),
        ("8000", Address("127.0.0.1", 8000)),
        ("localhost:0", Address("localhost", 0)),
        ("[::1]:65535", Address("::1", 65535)),
        ("0.0.0.0:80", Address("0.0.0.0", 80)),
    ],
)
def test_an_address_is_host_and_port(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "host", "host:", "::1:80", "a b:80", "host:65536", "host:123456", "[::1]", "-1"]
)
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadAddress, match="expected"):
        parse_address(text)


def test_an_address_prints_as_it_is_written() -> None:
    assert str(Address("127.0.0.1", 80)) == "127.0.0.1:80"
    assert str(Address("::1", 80)) == "[::1]:80"


def test_a_wildcard_address_is_reached_on_loopback() -> None:
    assert Address("0.0.0.0", 80).reachable() == Address("127.0.0.1", 80)
    assert Address("::", 80).reachable() == Address("::1", 80)
    assert Address("10.0.0.1", 80).reachable() == Address("10.0.0.1", 80)
    assert Address("example.com", 80).reachable() == Address("example.com", 80)


def test_port_0_is_chosen_by_the_kernel_and_told() -> None:
    with bind(Address("127.0.0.1", 0), what="the edge") as listener:
        address = address_of(listener)
        assert address.port > 0
        with socket.create_connection(address):
            pass


def test_children_do_not_inherit_a_listener() -> None:
    with bind(Address("127.0.0.1", 0), what="the edge") as listener:
        assert not os.get_inheritable(listener.fileno())


def test_a_taken_port_is_one_sentence_with_the_address() -> None:
    with bind(Address("127.0.0.1", 0), what="the edge") as listener:
        address = address_of(listener)
        with pytest.raises(CannotListen) as caught:
            bind(address, what="the demo service")
    assert (
        str(caught.value)
        == f"the demo service cannot listen on {address}: the port is taken by another process"
    )


def test_an_address_of_another_machine_is_one_sentence() -> None:
    with pytest.raises(CannotListen, match="this machine has no such address"):
        bind(Address("192.0.2.1", 0), what="the edge")


def test_a_port_is_free_at_once_after_its_listener_had_connections() -> None:
    listener = bind(Address("127.0.0.1", 0), what="the edge")
    address = address_of(listener)
    with listener, socket.create_connection(address):
        accepted, _ = listener.accept()
        accepted.close()  # the listener's side closes first, so its end lingers
    bind(address, what="the edge").close()
