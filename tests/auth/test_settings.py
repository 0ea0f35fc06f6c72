from __future__ import annotations

from pathlib import Path

import pytest

from auth.settings import AuthSettings
from weir.settings.arguments import SettingsError

GIVEN = {"WEIR_REDIS": "redis://127.0.0.1:1", "WEIR_SECRETS": "ring.json"}


def test_everything_has_a_default_but_the_store_and_the_key_ring() -> None:
    settings = AuthSettings.from_arguments([], GIVEN)
    assert str(settings.auth) == "127.0.0.1:8002"
    assert (settings.public_url, settings.auth_workers, settings.signing_rotation) == ("", 1, 30 * 86_400)
    assert settings.run_file == Path(".weir").absolute() / "auth" / "run.json"
    assert settings.secrets == Path("ring.json").absolute()


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        ([], {"WEIR_SECRETS": "ring.json"}, "no store was given: use --redis URL"),
        ([], {"WEIR_REDIS": "redis://127.0.0.1:1"}, "no key ring was given: use --secrets FILE"),
        (["--auth", "0.0.0.0:8002"], GIVEN, "say how with --public-url"),
        (["--auth", "10.0.0.1:8002"], GIVEN, "say how with --public-url"),
        (["--public-url", "http://login.example.com"], GIVEN, "is not https://"),
        (["--public-url", "https://login.example.com/auth"], GIVEN, "with a host, such as"),
        (["--auth-workers", "0"], GIVEN, "is not a number between 1"),
        (["--signing-rotation", "10m"], GIVEN, "between 1h and 365d"),
    ],
)
def test_what_a_person_got_wrong_is_one_sentence(
    arguments: list[str], environ: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        AuthSettings.from_arguments(arguments, environ)


@pytest.mark.parametrize("auth", ["127.0.0.1:0", "[::1]:0", "localhost:0", "127.9.9.9:0"])
def test_on_this_machine_the_address_is_the_issuer(auth: str) -> None:
    assert AuthSettings.from_arguments(["--auth", auth], GIVEN).public_url == ""


def test_elsewhere_a_public_url_is_needed() -> None:
    settings = AuthSettings.from_arguments(
        ["--auth", "0.0.0.0:8002", "--public-url", "https://login.example.com"], GIVEN
    )
    assert settings.public_url == "https://login.example.com"
