"""A real agent follows a real store: versions, outages, lost and foreign stores, damaged files."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry

from edge.agent.facts import Facts
from edge.agent.follow import POLL_S, Follower
from edge.agent.metrics import StateMetrics
from edge.versions.files import VersionFiles
from tests.support.node_agent import StoreSide
from tests.support.servers import server_folder, start_server
from tests.support.wait import wait_until
from weir.store.errors import StoreAway
from weir.store.feed import POLL_LIMIT, Change, Changes
from weir.store.keys import Keys

ONE = 'rule a { when path == "/a"; respond 200 "one" }'
TWO = 'rule a { when path == "/a"; respond 200 "two" }'
THREE = 'rule a { when path == "/a"; respond 200 "three" }'


def serving(number: int):
    return lambda ready: ready["code"] == 200 and ready["version"] and ready["version"]["number"] == number


def test_an_empty_cluster_is_ready_with_the_empty_configuration(agent_at):
    agent = agent_at()
    worker = agent.worker()
    ready = agent.wait_ok()
    assert ready["version"] is None
    wait_until(lambda: worker.applied == [("", 0)], what="the empty configuration")


def test_a_publish_reaches_the_workers(store, agent_at):
    agent = agent_at()
    workers = [agent.worker(), agent.worker()]
    agent.wait_ok()
    store.side.publish(ONE)
    wait_until(lambda: [worker.number for worker in workers] == [1, 1], what="version 1 on both workers")
    store.side.publish(TWO)
    wait_until(lambda: [worker.number for worker in workers] == [2, 2], what="version 2 on both workers")
    assert agent.wait_ok()["version"]["number"] == 2
    assert agent.metric("weir_config_version") == 2
    assert agent.metric("weir_workers_current") == 2
    assert agent.metric("weir_config_followed_total") == 2


def test_only_new_chunks_are_written(store, agent_at):
    agent = agent_at()
    store.side.publish(ONE, owner="api")
    agent.worker()
    agent.wait_for(serving(1))
    manifest = agent.files.manifest()
    kept = agent.files.directory / "chunks" / manifest.chunks["api"][0]
    before = kept.stat().st_ino
    store.side.publish(TWO, owner="k8s")
    agent.wait_for(serving(2))
    assert kept.stat().st_ino == before


def test_two_nodes_follow_the_same_versions(store, agent_at):
    agents = [agent_at("n1"), agent_at("n2")]
    workers = [agent.worker() for agent in agents]
    for text in (ONE, TWO, THREE):
        number = store.side.publish(text).number
        wait_until(
            lambda number=number: {worker.number for worker in workers} == {number}, what=f"version {number}"
        )
    assert agents[0].files.identity() == agents[1].files.identity()


def test_a_node_keeps_serving_without_store_and_follows_again_when_it_is_back(store, agent_at):
    agent = agent_at()
    worker = agent.worker()
    store.side.publish(ONE)
    agent.wait_for(serving(1))
    store.kill()
    ready = agent.wait_for(lambda ready: "store_away" in ready["reasons"])
    assert (ready["code"], ready["status"], ready["version"]["number"]) == (200, "degraded", 1)
    assert agent.metric("weir_store_up") == 0
    assert agent.metric("weir_store_failures_total") > 0
    store.start()
    agent.wait_ok()
    store.side.publish(TWO)
    wait_until(lambda: worker.number == 2, what="the version after the outage")


def test_a_restarted_agent_without_store_offers_the_last_good_version(store, agent_at):
    agent = agent_at()
    agent.worker()
    store.side.publish(ONE)
    agent.wait_for(serving(1))
    agent.kill()
    store.kill()
    agent.start()
    fresh = agent.worker()
    ready = agent.wait_for(lambda ready: ready["code"] == 200 and ready["reasons"] == ["store_away"])
    assert ready["version"]["number"] == 1
    wait_until(lambda: fresh.number == 1, what="the version on a new worker")


def test_a_new_node_without_store_is_not_ready_and_says_why(store, agent_at):
    store.kill()
    agent = agent_at()
    worker = agent.worker()
    ready = agent.wait_for(lambda ready: ready["reasons"] == ["store_away", "no_version"])
    assert (ready["code"], ready["status"], ready["settled"]) == (503, "starting", True)
    assert worker.number == -1, "a worker that is told nothing answers 503, not 404"
    store.start()
    agent.wait_ok()
    wait_until(lambda: worker.applied == [("", 0)], what="word that there is no version")


def test_a_wiped_store_is_reported_and_never_filled_again(store, agent_at, tmp_path):
    rules = tmp_path / "rules.weir"
    rules.write_text(ONE)
    agent = agent_at("n1", "--config", str(rules))
    agent.worker()
    agent.wait_for(serving(1))
    store.wipe()
    ready = agent.wait_for(lambda ready: "store_empty" in ready["reasons"])
    assert (ready["code"], ready["status"], ready["version"]["number"]) == (200, "degraded", 1)
    assert agent.metric('weir_store_state{state="store_empty"}') == 1
    rules.write_text(TWO)
    agent.wait_for(lambda ready: "config_file_waiting" in ready["reasons"])
    assert store.side.head() is None


def test_a_foreign_store_is_reported_and_not_followed(store, agent_at):
    agent = agent_at()
    worker = agent.worker()
    store.side.publish(ONE)
    agent.wait_for(serving(1))
    store.wipe()
    for text in (ONE, TWO, THREE):
        store.side.publish(text)
    agent.wait_for(lambda ready: "store_foreign" in ready["reasons"])
    assert worker.number == 1
    assert agent.metric('weir_store_state{state="store_foreign"}') == 1


def test_a_store_that_lost_its_last_writes_is_reported_and_not_followed(agent_at):
    """A backup was played back: the same data, but older than what the node holds."""
    with server_folder() as old, server_folder() as new:
        first = start_server(old, None, "--appendonly", "no", tcp=True)
        agent = agent_at("n1", store_url=first.url)
        worker = agent.worker()
        side = StoreSide(first.url)
        side.publish(ONE)
        first.admin().save()
        (new / "dump.rdb").write_bytes((old / "dump.rdb").read_bytes())
        side.publish(TWO)
        agent.wait_for(serving(2))
        first.stop()
        second = start_server(new, None, "--port", str(first.port), "--bind", "127.0.0.1")
        try:
            agent.wait_for(lambda ready: "store_behind" in ready["reasons"])
            assert worker.number == 2
        finally:
            second.stop()


def test_a_damaged_chunk_is_fetched_again_when_a_worker_cannot_load_it(store, agent_at):
    agent = agent_at()
    store.side.publish(ONE)
    agent.worker()
    agent.wait_for(serving(1))
    chunk = agent.files.manifest().chunk_hashes()[0]
    (agent.files.directory / "chunks" / chunk).write_bytes(b"damaged")
    late = agent.worker()
    wait_until(lambda: late.number == 1, what="the healed version")
    assert late.failed
    assert agent.files.has(chunk)
    agent.wait_ok()


def test_a_chunk_damaged_while_the_agent_was_off_is_fetched_at_its_start(store, agent_at):
    agent = agent_at()
    store.side.publish(ONE)
    agent.worker()
    agent.wait_for(serving(1))
    agent.kill()
    chunk = agent.files.manifest().chunk_hashes()[0]
    (agent.files.directory / "chunks" / chunk).write_bytes(b"")
    agent.start()
    wait_until(lambda: agent.files.has(chunk), what="the chunk")
    agent.wait_ok()


def test_a_worker_that_does_not_apply_a_version_is_reported_and_the_node_stays_ready(store, agent_at):
    agent = agent_at()
    agent.worker()
    agent.worker(applies=False)
    store.side.publish(ONE)
    ready = agent.wait_for(lambda ready: ready["reasons"] == ["worker_behind"])
    assert (ready["code"], ready["status"]) == (200, "degraded")


def test_a_disk_that_refuses_keeps_the_version_before_until_it_takes_again(store, agent_at):
    agent = agent_at()
    worker = agent.worker()
    store.side.publish(ONE)
    agent.wait_for(serving(1))
    obstacle = agent.files.directory / "manifest.new"
    obstacle.mkdir()
    store.side.publish(TWO)
    ready = agent.wait_for(lambda ready: ready["reasons"] == ["disk_error"])
    assert (ready["code"], ready["version"]["number"], worker.number) == (200, 1, 1)
    assert agent.metric("weir_disk_error") == 1
    obstacle.rmdir()
    wait_until(lambda: worker.number == 2, what="the version after the disk took again")
    agent.wait_ok()


def test_a_version_whose_chunk_the_store_lost_is_not_taken(store, agent_at):
    agent = agent_at()
    agent.worker()
    store.side.publish(ONE)
    agent.wait_for(serving(1))
    agent.kill()
    store.side.publish(TWO)
    lost = store.side.versions.manifest(2).chunk_hashes()[0]
    store.admin().hdel(Keys("default").chunks(), lost)
    agent.start()
    ready = agent.wait_for(lambda ready: ready["reasons"] == ["store_incomplete"])
    assert (ready["code"], ready["version"]["number"]) == (200, 1)
    store.side.publish(THREE)
    agent.wait_for(serving(3))


def test_a_version_for_newer_readers_is_not_taken(store, agent_at):
    agent = agent_at()
    agent.worker()
    store.side.publish(ONE)
    agent.wait_for(serving(1))
    agent.kill()
    store.side.publish(TWO)
    store.admin().hset(Keys("default").head(), "min_reader", 99)
    agent.start()
    ready = agent.wait_for(lambda ready: ready["reasons"] == ["reader_too_old"])
    assert (ready["code"], ready["version"]["number"]) == (200, 1)


def test_damage_that_the_store_cannot_mend_is_reported(store, agent_at):
    agent = agent_at()
    agent.worker()
    store.side.publish(ONE)
    agent.wait_for(serving(1))
    chunk = agent.files.manifest().chunk_hashes()[0]
    store.wipe()
    agent.wait_for(lambda ready: ready["reasons"] == ["store_empty"])
    (agent.files.directory / "chunks" / chunk).write_bytes(b"damaged")
    agent.worker()
    ready = agent.wait_for(lambda ready: "disk_error" in ready["reasons"])
    assert ready["code"] == 200, "the worker that has the version serves it from memory"


class Feed:
    """Notes where it is asked from; one change more at each look."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def poll(self, since: int) -> Changes:
        self.asked.append(since)
        return Changes((Change(since + 1, "credential", "key:a"),), since + 1, False, "")


def test_changes_are_followed_whatever_becomes_of_the_version_and_who_missed_some_hears_of_a_gap(tmp_path):
    feed, facts = Feed(), Facts()
    is_away = True

    def head() -> None:
        if is_away:
            raise StoreAway("gone")

    store: Any = SimpleNamespace(feed=feed, versions=SimpleNamespace(head=head))
    followed: list[int] = []
    heard: list[tuple[int, bool]] = []
    follower = Follower(
        store,
        VersionFiles(tmp_path),
        facts,
        StateMetrics(CollectorRegistry(), facts),
        tell=lambda: None,
        settled=lambda: None,
        heard=lambda changes: heard.append((changes.seq, changes.gap)),
        followed=lambda changes, _began_at: followed.append(changes.seq),
    )
    follower.resume(7)
    for _ in range(2):
        follower.step()
    assert (feed.asked, followed, heard, facts.store) == ([7, 8], [8, 9], [], "away")
    is_away = False
    for _ in range(2):
        follower.step()
    assert (followed[2:], heard, facts.store) == ([10, 11], [(10, True), (11, False)], "up")


def test_a_life_without_a_place_in_the_feed_begins_at_its_start(tmp_path):
    facts, feed = Facts(), Feed()
    store: Any = SimpleNamespace(feed=feed, versions=SimpleNamespace(head=lambda: None))
    metrics = StateMetrics(CollectorRegistry(), facts)
    follower = Follower(
        store, VersionFiles(tmp_path), facts, metrics, tell=lambda: None, settled=lambda: None
    )
    follower.resume(-1)
    follower.step()
    assert feed.asked == [0]


def test_a_backlog_of_changes_is_read_without_a_pause(tmp_path):
    facts = Facts()
    backlog = [POLL_LIMIT, POLL_LIMIT, 1, 0]

    def poll(since: int) -> Changes:
        number = backlog.pop(0)
        entries = tuple(Change(since + 1 + more, "credential", "key:a") for more in range(number))
        return Changes(entries, since + number, False, "")

    store: Any = SimpleNamespace(feed=SimpleNamespace(poll=poll), versions=SimpleNamespace(head=lambda: None))
    metrics = StateMetrics(CollectorRegistry(), facts)
    follower = Follower(
        store, VersionFiles(tmp_path), facts, metrics, tell=lambda: None, settled=lambda: None
    )
    assert [follower.step() for _ in range(4)] == [0.0, 0.0, POLL_S, POLL_S]
