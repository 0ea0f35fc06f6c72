from __future__ import annotations

import time

import pytest

from tests.support.servers import RunningServer, server_folder, silent_listener, start_server
from tests.support.wait import wait_until
from weir.models.document import Document, Rule
from weir.models.rule_clauses import Respond
from weir.store.connect import Client, connect
from weir.store.feed import Change, Changes, Feed, Wake, changes
from weir.store.keys import Keys
from weir.store.publish import Draft, Publisher


@pytest.fixture
def feed(client: Client, keys: Keys) -> Feed:
    return Feed(client, keys)


def publish(client: Client, keys: Keys, first: int, last: int, feed_length: int = 1000) -> None:
    publisher = Publisher(client, keys, feed_length=feed_length)
    for number in range(first, last + 1):
        rule = Rule(name="a", clauses=(Respond(status=200, body=str(number)),))
        publisher.publish(Draft(owner="file", base=number - 1, author="alice"), Document(definitions=(rule,)))


def versions(first: int, last: int) -> tuple[Change, ...]:
    return tuple(Change(number, "version", str(number)) for number in range(first, last + 1))


def test_an_empty_store_has_no_changes_and_no_identity(feed: Feed) -> None:
    assert feed.poll(0) == Changes((), 0, False, "")


def test_every_publish_is_a_numbered_change(client: Client, keys: Keys, feed: Feed) -> None:
    publish(client, keys, 1, 5)
    found = feed.poll(0)
    assert (found.entries, found.seq, found.gap) == (versions(1, 5), 5, False)
    assert len(found.incarnation) == 32
    assert feed.poll(3)._replace(incarnation="") == Changes(versions(4, 5), 5, False, "")
    assert feed.poll(5)._replace(incarnation="") == Changes((), 5, False, "")


def test_a_long_feed_is_read_in_parts_without_a_gap(client: Client, keys: Keys, feed: Feed) -> None:
    publish(client, keys, 1, 5)
    first = feed.poll(0, limit=2)
    second = feed.poll(first.seq, limit=2)
    third = feed.poll(second.seq, limit=2)
    assert first.entries + second.entries + third.entries == versions(1, 5)
    assert [first.gap, second.gap, third.gap] == [False, False, False]


def test_a_reader_who_comes_too_late_is_told_of_the_gap(client: Client, keys: Keys, feed: Feed) -> None:
    publish(client, keys, 1, 6, feed_length=3)
    assert feed.poll(3).gap is False
    late = feed.poll(2)
    assert (late.entries, late.seq, late.gap) == (versions(4, 6), 6, True)


def test_a_lost_feed_and_a_store_that_went_back_are_gaps(
    client: Client, server: RunningServer, keys: Keys, feed: Feed
) -> None:
    publish(client, keys, 1, 3)
    assert feed.poll(9)._replace(incarnation="") == Changes((), 3, True, "")
    server.admin().delete(keys.feed())
    assert feed.poll(2)._replace(incarnation="") == Changes((), 3, True, "")


@pytest.mark.parametrize(
    ("since", "entries", "newest", "seq", "gap"),
    [
        (0, (), 0, 0, False),
        (4, (), 4, 4, False),
        (4, versions(5, 6), 6, 6, False),
        (4, versions(5, 6), 99, 6, False),
        (4, versions(6, 7), 7, 7, True),
        (4, (), 9, 9, True),
        (9, (), 4, 4, True),
    ],
)
def test_a_gap_is_judged_from_the_numbers_alone(
    since: int, entries: tuple[Change, ...], newest: int, seq: int, gap: bool
) -> None:
    assert changes(since, entries, newest, "one") == Changes(entries, seq, gap, "one")


def test_a_publish_wakes_who_waits(client: Client, keys: Keys) -> None:
    wake = Wake(client, keys)
    assert wake.wait(0.05) is False
    publish(client, keys, 1, 1)
    assert wake.wait(30.0) is True
    wake.close()


def test_waiting_takes_its_time_when_nothing_happens_and_when_the_store_is_away() -> None:
    with server_folder() as folder:
        wake = Wake(connect(f"unix://{folder}/s"), Keys("test"))
        started_s = time.monotonic()
        assert wake.wait(0.1) is False
        assert time.monotonic() - started_s >= 0.1
        server = start_server(folder)
        started_s = time.monotonic()
        assert wake.wait(0.1) is False
        assert time.monotonic() - started_s >= 0.1
        wake.close()
        server.stop()


def test_a_subscription_outlives_its_server(keys: Keys) -> None:
    with server_folder() as folder:
        server = start_server(folder)
        client = connect(server.url)
        wake = Wake(client, keys)
        wake.wait(0.01)
        server.kill()
        assert wake.wait(0.05) is False
        server = start_server(folder)
        # Subscribes again, then hears the first publish after that.
        wake.wait(0.01)
        publish(client, keys, 1, 1)
        assert wake.wait(30.0) is True
        wake.close()
        server.stop()


def test_a_half_open_subscription_is_given_up_after_its_silence(keys: Keys) -> None:
    with server_folder() as folder:
        server = start_server(folder)
        client = connect(server.url, timeout_s=0.2)
        wake = Wake(client, keys, quiet_s=0.05)
        wake.wait(0.01)
        first = wake._subscription
        assert first is not None
        server.freeze()
        wait_until(
            lambda: not wake.wait(0.02) and wake._subscription is None, what="giving up the subscription"
        )
        server.thaw()
        wait_until(lambda: not wake.wait(0.02) and wake._subscription is not None, what="subscribing again")
        publish(client, keys, 1, 1)
        assert wake.wait(30.0) is True
        wake.close()
        server.stop()


def test_a_live_but_quiet_subscription_is_asked_and_kept(client: Client, keys: Keys) -> None:
    wake = Wake(client, keys, quiet_s=60.0)
    wake.wait(0.01)
    first = wake._subscription
    wake._heard_s -= 61.0
    wake.wait(0.0)
    assert wake._asked
    wait_until(lambda: not wake.wait(0.02) and not wake._asked, what="the answer")
    assert wake._subscription is first
    wake.close()


def test_without_any_pub_sub_polling_tells_all() -> None:
    keys = Keys("test")
    with server_folder() as folder:
        # A user who may not subscribe or publish on any channel.
        server = start_server(folder)
        server.admin().execute_command("ACL", "SETUSER", "default", "resetchannels")
        client = connect(server.url)
        wake, feed = Wake(client, keys), Feed(client, keys)
        assert wake.wait(0.01) is False
        publish(client, keys, 1, 2)
        assert wake.wait(0.01) is False
        assert feed.poll(0).entries == versions(1, 2)
        wake.close()
        server.stop()


def test_a_listener_that_never_answers_costs_the_waiter_its_timeouts_only(keys: Keys) -> None:
    listener, port = silent_listener()
    with listener:
        wake = Wake(connect(f"redis://127.0.0.1:{port}", timeout_s=0.1, connect_timeout_s=0.1), keys)
        assert wake.wait(0.05) is False
        wake.close()
