"""Live state through the API, over a real store into which nodes speak."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import pytest

from admin_api.live.explained import left_text
from admin_api.live.nodes import all_serve, serves_fully
from tests.support.admin import AdminClient, admin_app
from tests.support.servers import RunningServer
from weir.api.operation import Role
from weir.rules.parser import parse
from weir.store.budget import Allowance, Heard, Ring, budget_call
from weir.store.connect import Client
from weir.store.drains import Drains
from weir.store.health import Evidence, HealthCalls, Member
from weir.store.keys import Keys
from weir.store.limits import limit_tag
from weir.store.live import NearLimit, NodeBudget, NodeLive, NodeTarget, live_call
from weir.store.nodes import NodeRecord, Nodes
from weir.store.publish import Draft, Publisher
from weir.store.versions import Head, Versions

RULES = """
upstream u { target http://10.0.0.1:80; target http://10.0.0.2:80 weight 0 }
rule a { when path == "/a"; proxy u }
rule b { when path == "/b"; proxy http://10.0.0.3:80 }
"""
ONE = Member("api/u", "http://10.0.0.1:80")


class World:
    """An API over a store with one version, and nodes that say what the test wants."""

    def __init__(self, client: Client, keys: Keys, role: Role = "editor") -> None:
        self.client, self.keys = client, keys
        self.api: AdminClient = admin_app(client, role, keys=keys)
        self.publish(RULES)

    def publish(self, text: str) -> Head:
        head = Versions(self.client, self.keys).head()
        draft = Draft(owner="api", base=head.owners["api"] if head else 0, author="ann")
        Publisher(self.client, self.keys).publish(draft, parse(text).document)
        found = Versions(self.client, self.keys).head()
        assert found is not None
        self.head = found
        return found

    def node(self, name: str, **said: Any) -> None:
        fields = {
            "number": self.head.number,
            "incarnation": self.head.incarnation,
            "workers": 2,
            "in_step": 2,
        }
        record = NodeRecord(name=name, started_ms=5, **(fields | said))
        Nodes(self.client, self.keys).announce(record)

    def says(self, name: str, **said: Any) -> None:
        self.node(name)
        live = NodeLive(time_ms=time.time_ns() // 1_000_000, **said)
        assert self.client.pipeline([live_call(self.keys, name, live)]) == [1]

    def get(self, path: str, **query: Any) -> Any:
        answer = self.api.get(f"/api/v1{path}", query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json


@pytest.fixture
def world(client: Client, keys: Keys) -> World:
    return World(client, keys)


def near(key: str = "192.0.2.1", **said: Any) -> NearLimit:
    fields = {
        "limit": "api/l",
        "window": "sliding",
        "most": 10,
        "per_ms": 1000,
        "hash": limit_tag("api/l", key),
    }
    fields |= {"key": key, "used": 0.9, "left": 1, "refused": 0, "age_ms": 100}
    return NearLimit(**(fields | said))


# Nodes


def test_nodes_are_listed_with_what_they_serve_and_whether_all_serve_it(world: World) -> None:
    world.node(
        "n2", in_step=1, state="worker_behind", requests_per_s=3.5, config_problems=("a.weir:1:1: no",)
    )
    world.node("n1", since_ms=77, connections=4, cores=0.5)
    found = world.get("/nodes")
    assert [node["name"] for node in found["items"]] == ["n1", "n2"]
    assert (found["number"], found["live"], found["behind"], found["all_serve"]) == (1, 2, 1, 0)
    first, second = found["items"]
    assert (first["serves_current"], first["since_ms"], first["connections"], first["cores"]) == (
        True,
        77,
        4,
        0.5,
    )
    assert (second["serves_current"], second["config_problems"]) == (False, ["a.weir:1:1: no"])
    assert 0 <= first["heard_ms_ago"] < 30_000
    world.node("n2")
    assert world.get("/nodes")["all_serve"] == 1
    world.publish(RULES + 'rule c { when path == "/c"; respond 200 "" }')
    found = world.get("/nodes")
    assert (found["number"], found["behind"], found["all_serve"]) == (2, 2, 1)


def test_nodes_come_in_pages_and_by_state_and_version(world: World) -> None:
    for number in range(5):
        world.node(f"n{number}", **({"state": "draining"} if number == 3 else {"in_step": number % 2 * 2}))
    first = world.get("/nodes", limit=2)
    second = world.get("/nodes", limit=2, cursor=first["next"])
    third = world.get("/nodes", limit=2, cursor=second["next"])
    pages = [[node["name"] for node in page["items"]] for page in (first, second, third)]
    assert pages == [["n0", "n1"], ["n2", "n3"], ["n4"]]
    assert third["next"] == ""
    assert [node["name"] for node in world.get("/nodes", state="draining")["items"]] == ["n3"]
    assert [node["name"] for node in world.get("/nodes", version="behind")["items"]] == ["n0", "n2", "n4"]
    assert [node["name"] for node in world.get("/nodes", version="current")["items"]] == ["n1", "n3"]


def test_a_node_that_says_nothing_new_is_believed_by_its_state(world: World) -> None:
    old = NodeRecord(name="old", incarnation=world.head.incarnation, number=1, workers=2)
    assert serves_fully(old)
    assert all_serve([old], world.head) == 1
    assert all_serve([], world.head) == 0


def test_one_node_is_told_with_its_word(world: World) -> None:
    target = NodeTarget(upstream=ONE.upstream, url=ONE.url, out=True, since_ms=5, why=("consecutive",))
    world.says("n1", limits=(near(),), targets=(target,))
    found = world.get("/nodes/n1")
    assert found["node"]["name"] == "n1"
    assert found["limits"][0]["key"] == "192.0.2.1"
    assert found["targets"][0]["why"] == ["consecutive"]
    assert found["said_ms_ago"] >= 0
    world.node("n2")
    assert world.get("/nodes/n2")["said_ms_ago"] is None
    answer = world.api.get("/api/v1/nodes/n3")
    assert (answer.status_code, answer.json["code"]) == (404, "no-such-node")


# Counters


def test_limits_are_summed_over_nodes_the_most_refused_first(world: World) -> None:
    world.says("n1", limits=(near("192.0.2.1", refused=2), near("192.0.2.2", used=0.85)))
    world.says("n2", limits=(near("192.0.2.1", refused=3, used=1.0, left=0, age_ms=7),))
    found = world.get("/counters/limits")
    first, second = found["items"]
    assert (first["key"], first["refused"], first["used"], first["left"], first["nodes"]) == (
        "192.0.2.1", 5, 1.0, 0, 2,
    )  # fmt: skip
    assert (first["owner"], first["limit"], first["age_ms"]) == ("api", "l", 7)
    assert second["refused"] == 0
    assert (found["heard"]["nodes"], found["heard"]["spoke"]) == (2, 2)
    assert len(world.get("/counters/limits", refused="true")["items"]) == 1
    assert len(world.get("/counters/limits", hash=second["hash"][:12])["items"]) == 1
    assert world.get("/counters/limits", name="other")["items"] == []
    page = world.get("/counters/limits", limit=1)
    assert world.get("/counters/limits", limit=1, cursor=page["next"])["items"] == [second]


def test_a_budget_is_told_as_the_store_has_it_now(world: World) -> None:
    ring = Ring("api/u", 1000, 10)
    node = NodeBudget(
        upstream="api/u", width_ms=1000, buckets=10, cap=100, reserve=20, floor=10, state="ok", held=0, lent=4,
        attempts=9, refused={"cap": 2},
    )  # fmt: skip
    world.says("n1", budgets=(node,))
    world.says("n2", budgets=(node,))
    (unknown,) = world.get("/counters/budgets")["items"]
    assert (unknown["state"], unknown["left"]) == ("unknown", 0)
    call = budget_call(world.keys, ring, "h", Allowance(100, 100, 20, 10), Heard(1, 0, 0), want=0)
    world.client.pipeline([call])
    (found,) = world.get("/counters/budgets")["items"]
    assert (found["owner"], found["upstream"], found["window_ms"], found["cap"]) == ("api", "u", 10_000, 100)
    assert found["state"] == "quarantine"
    assert found["quarantine_ms"] > 0
    assert (found["left"], found["lent"], found["refused"], found["nodes"]) == (0, 8, {"cap": 4}, 2)


def test_health_is_told_of_targets_that_are_out_checked_or_drained(world: World) -> None:
    ill = NodeTarget(
        upstream=ONE.upstream, url=ONE.url, out=True, why=("consecutive",), since_ms=50, for_s=9.0
    )
    later = NodeTarget(
        upstream=ONE.upstream, url=ONE.url, out=True, why=("check",), since_ms=70, healthy=False
    )
    well = NodeTarget(upstream="api/w", url="http://w", healthy=True, last="passed", last_age_s=1.5)
    world.says("n1", targets=(ill, well))
    world.says("n2", targets=(later,))
    Drains(world.client, world.keys).drain(Member("api/u", "http://10.0.0.2:80"), 60_000)
    first, second, third = world.get("/counters/health")["items"]
    assert (first["target"], first["state"], first["why"], first["since_ms"], first["nodes_out"]) == (
        ONE.url, "out", ["check", "consecutive"], 50, 2,
    )  # fmt: skip
    assert (first["healthy"], first["cluster"], first["for_s"]) == (False, False, 9.0)
    assert (second["target"], second["state"]) == ("http://10.0.0.2:80", "drained")
    assert (third["target"], third["state"], third["check"]) == ("http://w", "in", "passed")
    assert len(world.get("/counters/health", name="w")["items"]) == 1


def test_a_target_that_the_cluster_ejects_is_out_though_no_node_says_so(world: World) -> None:
    for name in ("n1", "n2"):
        calls = HealthCalls(world.keys, name)
        world.client.pipeline([calls.view(0), calls.report([Evidence(ONE, 10, 50.0, 5, 30_000, 0, 30, 30)])])
    (found,) = world.get("/counters/health")["items"]
    assert (found["state"], found["cluster"], found["why"]) == ("out", True, ["cluster"])
    assert 0 < found["for_s"] <= 40
    assert world.get("/targets", upstream="u")["items"][0]["out"] is True


# Targets


def place(url: str = ONE.url, upstream: str = "u") -> str:
    return f"/api/v1/upstreams/{quote(upstream, safe='')}/targets/{quote(url, safe='')}/drain"


def test_targets_are_those_of_the_current_version(world: World) -> None:
    found = world.get("/targets")
    assert found["number"] == 1
    assert [(one["upstream"], one["target"], one["weight"]) for one in found["items"]] == [
        ("http://10.0.0.3:80", "http://10.0.0.3:80", 1),
        ("u", "http://10.0.0.1:80", 1),
        ("u", "http://10.0.0.2:80", 0),
    ]
    assert all(one["drained"] is None and not one["out"] for one in found["items"])


def test_a_target_is_drained_and_let_back_and_both_are_noted(world: World) -> None:
    answer = world.api.put(place(), json={"seconds": 600, "reason": "new disk"})
    assert answer.status_code == 200, answer.text
    assert (answer.json["reason"], answer.json["author"], answer.json["in_flight"]) == (
        "new disk",
        "tester",
        None,
    )
    world.says("n1", targets=(NodeTarget(upstream=ONE.upstream, url=ONE.url, drained_in_flight=2),))
    world.says("n2", targets=(NodeTarget(upstream=ONE.upstream, url=ONE.url, drained_in_flight=1),))
    (found,) = world.get("/targets", drained="true")["items"]
    assert found["drained"]["in_flight"] == 3
    assert found["drained"]["until_ms"] == answer.json["until_ms"]
    assert 0 < found["drained"]["left_s"] <= 600
    assert world.api.delete(place()).status_code == 204
    assert world.get("/targets", drained="true")["items"] == []
    again = world.api.delete(place())
    assert (again.status_code, again.json["code"]) == (404, "not-drained")
    drain, undrain, refused = world.api.noted
    assert (drain.operation, drain.extras["target"], drain.extras["reason"]) == (
        "targets.drain",
        ONE.url,
        "new disk",
    )
    assert (undrain.operation, refused.code) == ("targets.undrain", "not-drained")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (place(upstream="nobody"), {"seconds": 1}, 404, "no-such-upstream"),
        (place("http://10.0.0.9:80"), {"seconds": 1}, 404, "no-such-target"),
        (place() + "?owner=file", {"seconds": 1}, 404, "no-such-upstream"),
        (place(), {"seconds": 0}, 400, "invalid-body"),
        (place(), {"seconds": 604_801}, 400, "invalid-body"),
        (place(), {"seconds": 1, "reason": "x" * 1025}, 400, "invalid-body"),
        (place(), {"seconds": 1, "forever": True}, 400, "unknown-field"),
    ],
)
def test_what_cannot_be_drained_is_refused(
    world: World, path: str, body: Any, status: int, code: str
) -> None:
    answer = world.api.put(path, json=body)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_the_longest_drain_and_that_of_a_url_as_destination_are_taken(world: World) -> None:
    assert world.api.put(place(), json={"seconds": 604_800}).status_code == 200
    url = "http://10.0.0.3:80"
    assert world.api.put(place(url, url), json={"seconds": 1}).status_code == 200


def test_one_drain_too_many_is_a_conflict(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weir.store.drains.MAX_DRAINS", 1)
    assert world.api.put(place(), json={"seconds": 60}).status_code == 200
    answer = world.api.put(place("http://10.0.0.2:80"), json={"seconds": 60})
    assert (answer.status_code, answer.json["code"]) == (409, "too-many-drains")


def test_a_viewer_drains_nothing(client: Client, keys: Keys) -> None:
    world = World(client, keys, "viewer")
    assert world.api.put(place(), json={"seconds": 60}).status_code == 403
    assert world.api.delete(place()).status_code == 403
    assert world.get("/targets", drained="true")["items"] == []


def test_before_anything_is_published_there_is_nothing(client: Client, keys: Keys) -> None:
    api = admin_app(client, "editor", keys=keys)
    assert api.get("/api/v1/targets").json == {"items": [], "next": "", "number": 0}
    assert api.get("/api/v1/nodes").json["number"] == 0
    assert api.get("/api/v1/counters/health").json["items"] == []


def test_an_explanation_names_the_drained_targets_of_the_rule_that_wins(world: World) -> None:
    world.api.put(place(), json={"seconds": 7200, "reason": "new disk"})

    def explained(path: str) -> Any:
        return world.api.post("/api/v1/explain", json={"request": {"url": f"http://x{path}"}}).json

    said = f"target {ONE.url} of u is drained for 2 h more and gets no new requests (new disk)"
    assert said in explained("/a")["explanation"]["decisions"]
    assert said in explained("/a")["text"]
    assert "drained" not in explained("/b")["text"]
    assert "drained" not in explained("/none")["text"]


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(1, "1 s"), (119_000, "119 s"), (120_000, "2 min"), (7_200_001, "3 h"), (172_800_000, "2 d")],
)
def test_what_is_left_is_told_in_a_unit_that_people_use(milliseconds: int, text: str) -> None:
    assert left_text(milliseconds) == text


# Backup


def test_a_backup_is_downloaded_and_loaded_into_an_empty_store(
    world: World, client: Client, keys: Keys, store: RunningServer
) -> None:
    api = admin_app(client, "admin", keys=keys)
    answer = api.get("/api/v1/backup")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "weir-test-" in answer.headers["Content-Disposition"]
    data = answer.data
    media = {"Content-Type": "application/octet-stream"}
    refused = api.post("/api/v1/backup", data=data, headers=media)
    assert (refused.status_code, refused.json["code"]) == (409, "not-empty")
    store.admin().flushall()
    broken = api.post("/api/v1/backup", data=data[:-1], headers=media)
    assert (broken.status_code, broken.json["code"]) == (422, "unreadable-backup")
    assert Versions(client, keys).head() is None
    done = api.post("/api/v1/backup", data=data, headers=media)
    assert done.status_code == 200, done.text
    assert (done.json["number"], done.json["incarnation"]) == (1, world.head.incarnation)
    assert Versions(client, keys).head() == world.head
    assert api.noted[-1].extras["restored"] == "1"


def test_an_empty_store_has_no_backup_and_only_an_admin_may_ask(client: Client, keys: Keys) -> None:
    answer = admin_app(client, "admin", keys=keys).get("/api/v1/backup")
    assert (answer.status_code, answer.json["code"]) == (409, "empty-store")
    editor = admin_app(client, "editor", keys=keys)
    assert editor.get("/api/v1/backup").status_code == 403
    assert editor.post("/api/v1/backup", data=b"x").status_code == 403
