from __future__ import annotations

import pytest

from weir.store.errors import StoreError
from weir.store.url import MAX_HOSTS, StoreUrl, parse_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://localhost", StoreUrl(kind="single", hosts=(("localhost", 6379),))),
        ("redis://10.0.0.1:7000/3", StoreUrl(kind="single", hosts=(("10.0.0.1", 7000),), db=3)),
        ("redis://[::1]:7000", StoreUrl(kind="single", hosts=(("::1", 7000),))),
        (
            "rediss://weir:p%40ss%2F@store:6380/1?ssl_ca_certs=/etc/ca.pem",
            StoreUrl(
                kind="single",
                hosts=(("store", 6380),),
                db=1,
                user="weir",
                password="p@ss/",
                tls=True,
                tls_files={"ssl_ca_certs": "/etc/ca.pem"},
            ),
        ),
        ("redis://:secret@store", StoreUrl(kind="single", hosts=(("store", 6379),), password="secret")),
        ("unix:///run/my%20store.sock?db=2", StoreUrl(kind="unix", path="/run/my store.sock", db=2)),
        ("unix://weir:pw@/run/s", StoreUrl(kind="unix", path="/run/s", user="weir", password="pw")),
        (
            "redis+sentinel://weir:pw@s1,s2:26380/mymaster/4?sentinel_password=other&sentinel_user=watch",
            StoreUrl(
                kind="sentinel",
                hosts=(("s1", 26379), ("s2", 26380)),
                master="mymaster",
                db=4,
                user="weir",
                password="pw",
                sentinel_user="watch",
                sentinel_password="other",
            ),
        ),
        ("redis+cluster://h1,h2:7001", StoreUrl(kind="cluster", hosts=(("h1", 6379), ("h2", 7001)))),
        ("rediss+cluster://h1", StoreUrl(kind="cluster", hosts=(("h1", 6379),), tls=True)),
    ],
)
def test_every_shape_of_store_can_be_written(text: str, expected: StoreUrl) -> None:
    assert parse_url(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://store", "must begin with one of"),
        ("", "must begin with one of"),
        ("redis://", "names the host ''"),
        ("redis://store:port", "names the host 'store:port'"),
        ("redis://store:99999", "names the host"),
        ("redis://[::1", "cannot be read"),
        ("redis://store/one", "names the database 'one'"),
        ("redis://store/1/2", "too many parts"),
        ("redis+sentinel://s1", "ends with the group's name"),
        ("redis+cluster://h1/1", "no database numbers"),
        ("unix://relative/s", "absolute path"),
        ("rediss://store?ssl_ca_cert=x", "unknown option 'ssl_ca_cert'"),
        ("redis://store?ssl_ca_certs=x", "unknown option"),
        ("redis://store?socket_timeout=0", "unknown option"),
        ("redis+cluster://" + ",".join(["h"] * (MAX_HOSTS + 1)), f"at most {MAX_HOSTS}"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_sentence(text: str, says: str) -> None:
    with pytest.raises(StoreError, match=says.replace("[", r"\[")) as refused:
        parse_url(text)
    assert "\n" not in str(refused.value)


def test_as_many_hosts_as_the_limit_are_read() -> None:
    assert len(parse_url("redis+cluster://" + ",".join(["h"] * MAX_HOSTS)).hosts) == MAX_HOSTS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://alice:secret@store:7000/3", "redis://store:7000"),
        ("rediss+sentinel://:secret@[::1]/gate", "rediss+sentinel://[::1]:26379/gate"),
        ("unix://:secret@/run/s", "unix:///run/s"),
    ],
)
def test_what_is_shown_has_no_password(text: str, shown: str) -> None:
    assert parse_url(text).shown() == shown


def test_an_error_never_repeats_the_password() -> None:
    with pytest.raises(StoreError) as refused:
        parse_url("redis://alice:secret@store:port")
    assert "secret" not in str(refused.value)
