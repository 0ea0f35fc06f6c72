"""Flags, variables and defaults; every mistake is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from weir.settings.arguments import SettingsError, parser_for, read_settings, read_values
from weir.settings.table import SETTINGS, settings_of


def read(*argv: str, process: str = "up", **environ: str) -> dict[str, object]:
    return read_settings(process, "weir " + process, "A process.", argv, environ)


def test_nothing_said_gives_the_defaults():
    values = read()
    assert values["state"] == Path(".weir")
    assert values["config"] is None
    assert [address.port for address in values["edge"]] == [8000]
    assert values["redis"] == ""
    assert values["no_demo"] is False


def test_a_flag_wins_over_its_variable_and_that_over_the_default():
    assert read(WEIR_CLUSTER="blue")["cluster"] == "blue"
    assert read("--cluster", "green", WEIR_CLUSTER="blue")["cluster"] == "green"


def test_an_empty_variable_counts_as_not_set():
    assert read(WEIR_CLUSTER="", WEIR_EDGE=" ")["cluster"] == "default"


def test_a_repeatable_setting_keeps_the_order_in_flag_and_variable():
    by_flag = read("--edge", "127.0.0.1:2", "--edge", "127.0.0.1:1")["edge"]
    by_variable = read(WEIR_EDGE="127.0.0.1:2, 127.0.0.1:1")["edge"]
    assert [address.port for address in by_flag] == [2, 1]
    assert by_variable == by_flag


@pytest.mark.parametrize(
    ("text", "on"), [("1", True), ("yes", True), ("ON", True), ("0", False), ("off", False)]
)
def test_a_switch_is_said_by_flag_or_variable(text, on):
    assert read(WEIR_NO_DEMO=text)["no_demo"] is on
    assert read("--no-demo", WEIR_NO_DEMO="0")["no_demo"] is True


def test_a_process_refuses_what_it_does_not_take():
    with pytest.raises(SettingsError, match="--no-demo"):
        read("--no-demo", process="edge")
    assert "edge" not in read(process="client")


def test_flags_are_not_abbreviated():
    with pytest.raises(SettingsError):
        read("--stat", "x")


@pytest.mark.parametrize(
    ("argv", "environ", "sentence"),
    [
        (["--edge", "https://127.0.0.1:1"], {}, "--edge: .*TLS.*not built yet"),
        (["--edge", "nowhere"], {}, "--edge: .*nowhere"),
        ([], {"WEIR_STATUS": "127.0.0.1:99999"}, "WEIR_STATUS: .*99999"),
        (["--workers", "many"], {}, "--workers: .*many.*number between 0 and 1024"),
        (["--redis", "mysql://x"], {}, "--redis: .*redis\\+sentinel"),
        (["--node", "a b"], {}, "--node: "),
        (["--cluster", "Blue"], {}, "--cluster: "),
        (["--proxy-protocol", "v3"], {}, "--proxy-protocol: .*one of off"),
        ([], {"WEIR_NO_DEMO": "perhaps"}, "WEIR_NO_DEMO: .*perhaps"),
        (["--head-timeout", "10"], {}, "--head-timeout: .*between 1ms and 24h"),
        (["--max-target", "2MiB"], {}, "--max-target: .*between 1B and 1MiB"),
        (["--max-connections", "0"], {}, "--max-connections: .*between 1 and 1000000"),
        (["--max-connections-per-address", "-1"], {}, "--max-connections-per-address: .*between 0 and"),
        (["--unknown"], {}, "--unknown.*--help"),
        (["--state"], {}, "--state.*expected one argument"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_flag_or_variable(argv, environ, sentence):
    with pytest.raises(SettingsError, match=sentence) as caught:
        read(*argv, **environ)
    assert "\n" not in str(caught.value)


def test_a_password_is_not_repeated_in_an_error():
    with pytest.raises(SettingsError) as caught:
        read("--redis", "postgres://me:hunter2@db/0")
    assert "hunter2" not in str(caught.value)


def test_a_command_adds_arguments_of_its_own():
    parser = parser_for("client", "weir publish", "Publishes.")
    parser.add_argument("file")
    parsed = parser.parse_args(["--cluster", "blue", "rules.weir"])
    values = read_values(settings_of("client"), parsed, {"WEIR_REDIS": "redis://h:1"})
    assert (parsed.file, values["cluster"], values["redis"]) == ("rules.weir", "blue", "redis://h:1")


def test_the_help_shows_every_flag_with_its_variable(capsys):
    with pytest.raises(SystemExit) as ended:
        read("--help")
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    for setting in settings_of("up"):
        assert setting.flag in shown
        assert setting.variable in shown


def test_every_row_has_a_name_of_its_own_and_a_default_that_its_check_accepts():
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        if setting.default is not None:
            setting.parse(setting.default)


def test_a_file_may_have_the_value(tmp_path: Path):
    (tmp_path / "url").write_text("redis://:secret@store:6379\n")
    path = str(tmp_path / "url")
    assert read(WEIR_REDIS_FILE=path)["redis"] == "redis://:secret@store:6379"
    assert read("--redis", "redis://other", WEIR_REDIS_FILE=path)["redis"] == "redis://other"
    assert read(WEIR_REDIS_FILE="")["redis"] == ""


def test_a_file_that_cannot_serve_is_said(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"WEIR_REDIS_FILE: .*none cannot be read"):
        read(WEIR_REDIS_FILE=str(tmp_path / "none"))
    (tmp_path / "url").write_text("redis://x")
    with pytest.raises(SettingsError, match="are both set"):
        read(WEIR_REDIS="redis://y", WEIR_REDIS_FILE=str(tmp_path / "url"))
    (tmp_path / "long").write_text("x" * 65_537)
    with pytest.raises(SettingsError, match="more than 65536 characters"):
        read(WEIR_REDIS_FILE=str(tmp_path / "long"))
