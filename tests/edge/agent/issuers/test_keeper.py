"""All issuers of a node, with clocks and a network of the test's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.event import Event

from edge.agent.issuers import keeper as module
from edge.agent.issuers.fetch import FetchError
from edge.agent.issuers.issuer import ASKED_EVERY_S, REFRESH_S, STALE_S, Terms
from edge.agent.issuers.keeper import KEEP_S, MAX_LOOKING, IssuerKeeper
from edge.auth.issuers import MAX_ISSUERS
from tests.support.tokens import Signer

A, B = "https://a.test", "https://b.test"
PUBLIC = Signer().public


class Rig:
    """Issuers all show the key ``PUBLIC`` under the name ``kid``, unless ``away``."""

    def __init__(self, path: Path) -> None:
        self.path, self.now, self.wall = path / "issuers", 1000.0, 1_000_000_000.0
        self.kid, self.away, self.gets = "k1", False, 0
        self.hold: Callable[[], object] = lambda: None
        self.told: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        """Anew, with what is on the disk."""
        self.told.clear()
        self.keeper = IssuerKeeper(
            self.path,
            self._get,
            self._announce,
            clock=lambda: self.now,
            wall=lambda: self.wall,
            chance=lambda: 0.5,
        )
        self.keeper.start()

    def pass_s(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds
        self.step()

    def step(self) -> float:
        pause_s = self.keeper.step()
        self.keeper._greenlets.join(timeout=10)
        return pause_s

    def kids(self, url: str) -> list[str] | None:
        jwks = self.told[url]["jwks"]
        return None if jwks is None else [key["kid"] for key in jwks["keys"]]

    def _get(self, url: str) -> bytes:
        self.gets += 1
        self.hold()
        if self.away:
            raise FetchError("is away")
        base, _, end = url.partition("/.well-known")
        if end:
            return json.dumps({"issuer": base, "jwks_uri": f"{base}/keys"}).encode()
        return json.dumps({"keys": [{**PUBLIC, "kid": self.kid}]}).encode()

    def _announce(self, topic: str, body: Any, key: str) -> None:
        assert topic == "issuer"
        self.told[key] = body


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_an_issuer_that_a_rule_names_is_looked_at_and_told(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    assert rig.kids(A) is None
    rig.step()
    assert rig.kids(A) == ["k1"]
    assert rig.told[A]["scope_claim"] == "scope"


def test_it_is_looked_at_again_every_ten_minutes(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    rig.step()
    rig.kid = "k2"
    rig.pass_s(REFRESH_S - 1)
    assert rig.kids(A) == ["k1"]
    rig.pass_s(1)
    assert rig.kids(A) == ["k2"]


def test_while_it_is_away_its_keys_count_for_a_day(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    rig.step()
    rig.away = True
    rig.pass_s(REFRESH_S)
    assert rig.kids(A) == ["k1"]
    assert "is away" in rig.told[A]["problem"]
    rig.pass_s(STALE_S - REFRESH_S - 1)
    assert rig.kids(A) == ["k1"]
    rig.pass_s(1)
    assert rig.kids(A) is None
    rig.away = False
    rig.pass_s(200)
    assert rig.kids(A) == ["k1"]
    assert rig.told[A]["problem"] == ""


def test_a_restart_without_network_has_what_was_known(rig: Rig) -> None:
    rig.keeper.register([Terms(A, scope_claim="scp", consumer_claim="azp")])
    rig.keeper.want(1, (B,))
    rig.keeper.take_own("http://own", {"keys": [PUBLIC]})
    rig.step()
    rig.away = True
    rig.start()
    assert rig.kids(A) == rig.kids(B) == ["k1"]
    assert (rig.told[A]["scope_claim"], rig.told[A]["consumer_claim"]) == ("scp", "azp")
    assert rig.told["own"]["jwks"] == {"keys": [PUBLIC]}
    rig.step()
    assert rig.kids(A) == ["k1"]


def test_keys_on_the_disk_that_are_too_old_do_not_count(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    rig.step()
    rig.wall += STALE_S
    rig.start()
    assert rig.kids(A) is None


def test_a_person_s_terms_count_before_the_defaults(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    rig.step()
    rig.keeper.register([Terms(A, algorithms=("ES256",)), Terms(A, algorithms=("RS256",))])
    assert rig.told[A]["algorithms"] == ["ES256"]
    assert rig.kids(A) == ["k1"]
    rig.keeper.register([Terms(A, enabled=False)])
    assert (rig.kids(A), rig.told[A]["enabled"]) == (None, False)
    gets = rig.gets
    rig.pass_s(REFRESH_S * 2)
    rig.keeper.asked(A)
    assert rig.gets == gets
    rig.keeper.register([])
    assert rig.told[A]["enabled"]


def test_an_issuer_that_nobody_names_is_forgotten_after_a_while(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    rig.keeper.want(2, (A, B))
    rig.step()
    rig.keeper.want(1, ())
    rig.pass_s(KEEP_S)
    assert rig.kids(A) == ["k1"]
    rig.keeper.want(2, ())
    rig.pass_s(KEEP_S - 1)
    rig.keeper.want(3, (A,))
    rig.pass_s(1)
    assert rig.told[B] == {"issuer": B, "own": False, "gone": True}
    assert rig.kids(A) == ["k1"]
    rig.pass_s(KEEP_S)
    assert rig.told[B] is None


def test_an_issuer_that_is_named_again_stays_known(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    rig.step()
    rig.keeper.want(1, ())
    rig.pass_s(KEEP_S)
    assert rig.told[A] == {"issuer": A, "own": False, "gone": True}
    rig.keeper.want(2, (A,))
    rig.step()
    rig.pass_s(KEEP_S + 1)
    assert rig.kids(A) == ["k1"]


def test_an_issuer_that_is_forgotten_during_a_look_stays_so(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    go_on = Event()
    rig.hold = go_on.wait
    rig.keeper.step()
    rig.keeper.want(1, ())
    rig.now += KEEP_S
    rig.keeper.step()
    go_on.set()
    rig.keeper._greenlets.join(timeout=10)
    assert rig.told[A] == {"issuer": A, "own": False, "gone": True}


def test_the_own_issuer_is_never_asked(rig: Rig) -> None:
    rig.keeper.take_own(A, {"keys": [PUBLIC]})
    rig.keeper.want(1, (A,))
    rig.step()
    assert rig.gets == 0
    assert (rig.told["own"]["issuer"], rig.told["own"]["own"]) == (A, True)
    rig.keeper.take_own("", {})
    assert rig.told["own"] == {"issuer": A, "own": True, "gone": True}


def test_a_question_for_an_unknown_key_looks_at_once_and_twice_a_minute_at_most(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    rig.step()
    gets, rig.kid = rig.gets, "k2"
    word, sure = rig.keeper.asked(A)
    assert sure
    assert word is not None
    assert [key["kid"] for key in word["jwks"]["keys"]] == ["k2"]
    assert rig.kids(A) == ["k2"]
    for _ in range(5):
        assert rig.keeper.asked(A) == (word, True)
    assert rig.gets == gets + 2
    rig.now += ASKED_EVERY_S
    rig.keeper.asked(A)
    assert rig.gets == gets + 4
    assert rig.keeper.asked(B) == (None, False)


def test_of_an_issuer_that_is_away_nobody_is_sure(rig: Rig) -> None:
    rig.keeper.want(1, (A,))
    rig.step()
    rig.away = True
    word, sure = rig.keeper.asked(A)
    assert word is not None
    assert not sure
    rig.away = False
    rig.now += ASKED_EVERY_S
    assert rig.keeper.asked(A)[1]


def test_many_questions_are_one_look(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.keeper.want(1, (A,))
    rig.step()
    gets, go_on = rig.gets, Event()
    rig.hold = go_on.wait
    rig.kid = "k2"
    asking = [gevent.spawn(rig.keeper.asked, A) for _ in range(20)]
    gevent.sleep(0.01)
    go_on.set()
    words = [each.get(timeout=10)[0] for each in asking]
    assert rig.gets == gets + 2
    assert all(word["jwks"]["keys"][0]["kid"] == "k2" for word in words)
    monkeypatch.setattr(module, "ASKED_S", 0.01)
    rig.now += ASKED_EVERY_S
    rig.hold = Event().wait
    assert rig.keeper.asked(A) == (words[0], False)  # nobody waits longer for an issuer that hangs
    rig.keeper.stop()


def test_few_issuers_are_looked_at_at_once(rig: Rig) -> None:
    go_on = Event()
    rig.hold = go_on.wait
    rig.keeper.want(1, tuple(f"https://{number}.test" for number in range(MAX_LOOKING * 2)))
    rig.keeper.step()
    gevent.sleep(0.01)
    assert rig.gets == MAX_LOOKING
    go_on.set()
    rig.keeper._greenlets.join(timeout=10)
    assert all(each["keys"] == 1 for each in rig.keeper.state())


def test_the_number_of_issuers_has_a_bound_and_registered_ones_come_first(rig: Rig) -> None:
    rig.keeper.want(1, tuple(f"https://{number:03}.test" for number in range(MAX_ISSUERS)))
    rig.keeper.register([Terms(A)])
    known = [each["issuer"] for each in rig.keeper.state() if each["issuer"] not in rig.keeper._unneeded]
    assert len(known) == MAX_ISSUERS
    assert A in known


def test_terms_that_change_during_a_look_are_looked_at_again(rig: Rig) -> None:
    go_on = Event()
    rig.hold = go_on.wait
    rig.keeper.register([Terms(A)])
    rig.keeper.step()
    gevent.sleep(0)
    rig.keeper.register([Terms(A, f"{A}/other")])
    go_on.set()
    rig.keeper._greenlets.join(timeout=10)
    assert rig.kids(A) is None
    rig.step()
    assert rig.kids(A) == ["k1"]


def test_what_failed_at_another_place_is_no_problem_of_the_new_one(rig: Rig) -> None:
    go_on = Event()
    rig.hold, rig.away = go_on.wait, True
    rig.keeper.register([Terms(A)])
    rig.keeper.step()
    gevent.sleep(0)
    rig.keeper.register([Terms(A, f"{A}/other")])
    go_on.set()
    rig.keeper._greenlets.join(timeout=10)
    assert rig.told[A]["problem"] == ""


def test_a_person_sees_how_they_stand(rig: Rig) -> None:
    rig.keeper.register([Terms(A)])
    rig.keeper.take_own("http://own", {"keys": [PUBLIC]})
    rig.step()
    rig.wall += 5
    assert rig.keeper.state() == [
        {
            "issuer": A,
            "registered": True,
            "enabled": True,
            "keys": 1,
            "age_s": 5.0,
            "failures": 0,
            "problem": "",
        }
    ]
    assert rig.keeper.own_state() == {"issuer": "http://own", "keys": 1}


def test_a_disk_that_refuses_costs_nothing_but_memory(rig: Rig) -> None:
    rig.path.parent.joinpath("issuers").mkdir()
    rig.keeper.want(1, (A,))
    rig.step()
    assert rig.kids(A) == ["k1"]


def test_the_next_look_is_awaited_no_longer_than_needed(rig: Rig) -> None:
    assert rig.step() == module.LONGEST_PAUSE_S
    rig.keeper.want(1, (A,))
    rig.away = True
    rig.step()
    assert rig.step() == pytest.approx(1.5)
