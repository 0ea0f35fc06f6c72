from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from scripts.up_parts import CannotStart, Parts, Store, prepare_parts, remembered_port, shown
from weir.processes import run_file
from weir.processes.ports import Address, address_of, bind
from weir.secrets.ring_file import ensure_ring, new_key, read_ring, without_signing, write_ring

Prepare = Callable[..., Parts]


@pytest.fixture
def prepare(tmp_path: Path) -> Iterator[Prepare]:
    with ExitStack() as stack:

        def call(**given: Any) -> Parts:
            values = {
                "config": None,
                "no_demo": False,
                "demo": Address("127.0.0.1", 0),
                "redis": "",
                "store_bin": None,
                "secrets": None,
            }
            state = tmp_path / "state"
            state.mkdir(exist_ok=True)
            return prepare_parts(values | given, state, stack)

        yield call


def test_a_new_state_gets_the_demo_rules_with_the_real_address(prepare: Prepare) -> None:
    parts = prepare()
    assert parts.demo is not None
    assert parts.rules == parts.state / "gateway.weir"
    assert f"target http://{parts.demo.address}" in parts.rules.read_text()
    assert parts.has_demo_rules


def test_a_new_state_without_demo_gets_a_file_without_rules(prepare: Prepare) -> None:
    parts = prepare(no_demo=True)
    assert parts.demo is None
    assert parts.rules is not None
    assert "\nrule" not in parts.rules.read_text()
    assert not parts.has_demo_rules


def test_rules_that_are_there_are_followed_and_never_written(prepare: Prepare) -> None:
    path = prepare().state / "gateway.weir"
    path.write_text("# mine\n")
    assert prepare(demo=Address("127.0.0.2", 0)).rules == path
    assert path.read_text() == "# mine\n"


def test_rules_that_were_removed_do_not_come_back(prepare: Prepare) -> None:
    path = prepare().state / "gateway.weir"
    path.unlink()
    parts = prepare(demo=Address("127.0.0.2", 0))
    assert parts.rules is None
    assert not path.exists()


def test_a_store_elsewhere_gets_no_rules_by_itself(prepare: Prepare) -> None:
    parts = prepare(redis="redis://:secret@127.0.0.1:1")
    assert parts.rules is None
    assert parts.store.embedded is None
    assert "secret" not in parts.store.text()
    assert list(parts.state.glob("*.weir")) == []


def test_a_file_of_ones_own_goes_before_everything(prepare: Prepare, tmp_path: Path) -> None:
    mine = tmp_path / "mine.weir"
    mine.write_text("")
    parts = prepare(config=mine)
    assert parts.rules == mine
    assert not (parts.state / "gateway.weir").exists()
    assert not parts.has_demo_rules


def test_a_mistake_in_the_flags_leaves_the_state_new(prepare: Prepare, tmp_path: Path) -> None:
    with pytest.raises(CannotStart):
        prepare(config=tmp_path / "missing")
    assert prepare().rules is not None


def test_a_port_that_the_kernel_chose_for_the_demo_service_is_kept(prepare: Prepare) -> None:
    with ExitStack() as first:
        demo = prepare().demo
        assert demo is not None
        first.enter_context(demo.listener)
    again = prepare().demo
    assert again is not None
    assert again.address == demo.address


def test_a_kept_port_that_is_taken_by_now_is_one_sentence(prepare: Prepare) -> None:
    demo = prepare().demo
    assert demo is not None
    with pytest.raises(
        CannotStart, match=r"the port is taken by another process; choose another with --demo"
    ):
        prepare()


def test_a_port_of_ones_own_is_not_kept(prepare: Prepare) -> None:
    with bind(Address("127.0.0.1", 0), what="the test") as listener:
        free = address_of(listener)
    state = prepare(demo=free).state
    assert not (state / "demo.json").exists()


@pytest.mark.parametrize("content", [{}, {"port": "80"}, {"port": 0}, {"port": 65536}, {"port": None}])
def test_a_kept_port_that_is_none_counts_as_nothing(tmp_path: Path, content: dict[str, Any]) -> None:
    run_file.write(tmp_path / "demo.json", content)
    assert remembered_port(tmp_path / "demo.json") == 0


def test_paths_are_shown_as_short_as_they_can_be_said_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / ".weir" / "gateway.weir") == ".weir/gateway.weir"
    assert shown(tmp_path.parent / "other") == str(tmp_path.parent / "other")


def test_a_store_elsewhere_is_told_by_its_address() -> None:
    assert Store("redis://10.0.0.1:6379").text() == "redis://10.0.0.1:6379"


def purposes(path: Path) -> set[str]:
    return {key.purpose for key in read_ring(path)[0]}


def test_a_state_gets_a_key_ring_once_and_the_edge_one_without_signing_keys(prepare: Prepare) -> None:
    rings = prepare(no_demo=True).rings
    whole, edge = read_ring(rings.whole)[0], read_ring(rings.edge)[0]
    assert purposes(rings.whole) == {"store", "signing", "node", "tls"}
    assert purposes(rings.edge) == {"store", "node", "tls"}
    assert set(edge) < set(whole)
    assert prepare(no_demo=True).rings == rings
    assert read_ring(rings.whole)[0] == whole


def test_the_edges_ring_follows_a_ring_that_was_given(prepare: Prepare, tmp_path: Path) -> None:
    given = tmp_path / "given.json"
    keys = ensure_ring(given)
    rings = prepare(no_demo=True, secrets=given).rings
    assert rings.whole == given
    assert read_ring(rings.edge)[0] == without_signing(keys)
    write_ring(given, [*keys, new_key("store")])
    prepare(no_demo=True, secrets=given)
    assert len(read_ring(rings.edge)[0]) == 4
    assert not (tmp_path / "state" / "secrets.json").exists()


def test_a_ring_that_others_may_read_is_refused(prepare: Prepare, tmp_path: Path) -> None:
    given = tmp_path / "given.json"
    ensure_ring(given)
    given.chmod(0o644)
    with pytest.raises(CannotStart, match="may be read by others"):
        prepare(no_demo=True, secrets=given)
