"""What is made once."""

from __future__ import annotations

from scripts.deployment.first_secrets import make, url_of
from weir.secrets.ring_file import read_keys
from weir.store.url import parse_url


def test_the_edge_gets_no_key_for_signing_and_auth_no_other() -> None:
    made = make("store:6379")
    whole = {key.id for key in read_keys(made.whole_ring, "ring")}
    kept = {process: read_keys(ring, process) for process, ring in made.rings.items()}
    assert all({key.id for key in keys} <= whole for keys in kept.values())
    assert "signing" not in {key.purpose for key in (*kept["edge"], *kept["admin"])}
    assert {key.purpose for key in kept["auth"]} == {"signing"}


def test_two_deployments_share_nothing() -> None:
    one, other = make("store:6379"), make("store:6379")
    assert one.whole_ring != other.whole_ring
    assert not set(one.urls.values()) & set(other.urls.values())


def test_a_url_is_one_that_weir_reads() -> None:
    read = parse_url(url_of("[::1]:6380", "auth", "secret"))
    assert (read.hosts, read.user, read.password) == ((("::1", 6380),), "weir-auth", "secret")
