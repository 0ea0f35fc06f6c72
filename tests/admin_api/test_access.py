"""Who may do what: tokens, sessions, throttling, other sites, and what the audit log says of it."""

from __future__ import annotations

import hmac
import logging
from typing import Any

import pytest

from admin_api.access import credentials as module
from admin_api.access.cookies import clear_cookie, set_cookie
from tests.support.admin import SecuredAdmin
from weir.api.operation import BASE, ROLES, Operation
from weir.api.operations import OPERATIONS
from weir.models.auth.secret_text import SecretText, checksum
from weir.store import login_links, sessions
from weir.store.connect import Client

SESSION = "/api/v1/session"
TOKENS = "/api/v1/tokens"


@pytest.fixture
def admin(client: Client) -> SecuredAdmin:
    return SecuredAdmin(client)


def signed_in(admin: SecuredAdmin, token: str) -> tuple[Any, str]:
    """A browser, and what it must say to change something."""
    browser = admin.browser()
    answer = browser.post(SESSION, json={"token": token})
    assert answer.status_code == 201
    return browser, str(answer.json["csrf"])


# Tokens


def test_a_token_says_who_calls(admin: SecuredAdmin) -> None:
    answer = admin.call("GET", SESSION, admin.token("editor"))
    assert (answer.json["name"], answer.json["role"], answer.json["kind"]) == (
        "test editor",
        "editor",
        "token",
    )


def test_nobody_is_asked_for_a_token(admin: SecuredAdmin) -> None:
    answer = admin.call("GET", SESSION)
    assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_every_way_to_be_wrong_looks_alike(admin: SecuredAdmin) -> None:
    """A stranger learns neither whether an id exists nor how much of a secret was right."""
    token = admin.token()
    right = SecretText("weirt", token.split("_")[1], token.split("_")[2][:-6])
    other_secret = SecretText(
        "weirt", right.id, right.secret[:-1] + ("a" if right.secret[-1] != "a" else "b")
    ).text()
    other_id = SecretText("weirt", "A" * 10, right.secret).text()
    answers = [admin.call("GET", SESSION, wrong) for wrong in (other_secret, other_id, token[:-1] + "!")]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({(answer.json["code"], answer.json["detail"]) for answer in answers}) == 1


def test_hashes_are_compared_in_constant_time(admin: SecuredAdmin, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bool] = []
    compare = hmac.compare_digest

    def noted(one: str, other: str) -> bool:
        compared.append(compare(one, other))
        return compared[-1]

    monkeypatch.setattr(module.hmac, "compare_digest", noted)
    admin.call("GET", SESSION, admin.token())
    admin.call("GET", SESSION, SecretText("weirt", "A" * 10, "s" * 43).text())
    admin.call("GET", SESSION, "nonsense")
    assert compared == [True, False, False]


def test_an_expired_token_is_none(admin: SecuredAdmin) -> None:
    token = admin.token(life_s=0)
    answer = admin.call("GET", SESSION, token)
    assert (answer.status_code, answer.json["code"]) == (401, "expired-credential")


def test_a_token_is_shown_once_and_works_until_it_is_revoked(admin: SecuredAdmin) -> None:
    boss = admin.token()
    made = admin.call("POST", TOKENS, boss, json={"name": "ci", "role": "editor"}).json
    assert admin.call("GET", SESSION, made["secret"]).json["name"] == "ci"
    listed = admin.call("GET", TOKENS, boss)
    assert [item["name"] for item in listed.json["items"]] == ["ci", "test admin"]
    assert made["secret"][17:] not in listed.text
    assert admin.call("DELETE", f"{TOKENS}/{made['token']['id']}", boss).status_code == 204
    assert admin.call("GET", SESSION, made["secret"]).status_code == 401
    assert admin.call("DELETE", f"{TOKENS}/{made['token']['id']}", boss).json["code"] == "no-such-token"


def test_the_last_admin_can_only_be_removed_by_force(admin: SecuredAdmin) -> None:
    boss = admin.token()
    admin.token("editor")
    own = f"{TOKENS}/{boss.split('_')[1]}"
    refused = admin.call("DELETE", own, boss)
    assert (refused.status_code, refused.json["code"]) == (409, "last-admin")
    assert admin.call("DELETE", f"{own}?force=true", boss).status_code == 204


@pytest.mark.parametrize("body", [None, {"overlap_s": 60}])
def test_a_rotated_token_ends_at_once_or_after_an_overlap(admin: SecuredAdmin, body: Any) -> None:
    boss, old = admin.token(), admin.token("viewer")
    made = admin.call("POST", f"{TOKENS}/{old.split('_')[1]}/rotate", boss, json=body)
    assert made.status_code == 201
    assert (made.json["token"]["name"], made.json["token"]["role"]) == ("test viewer", "viewer")
    assert admin.call("GET", SESSION, made.json["secret"]).status_code == 200
    assert admin.call("GET", SESSION, old).status_code == (200 if body else 401)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "role": "viewer"},
        {"name": "x" * 65, "role": "viewer"},
        {"name": "line\nbreak", "role": "viewer"},
        {"name": "x", "role": "root"},
        {"name": "x", "role": "viewer", "expires_in_s": 365 * 86_400 + 1},
        {"name": "x", "role": "viewer", "secret": "mine"},
    ],
)
def test_a_token_has_a_name_a_role_and_an_end(admin: SecuredAdmin, body: Any) -> None:
    assert admin.call("POST", TOKENS, admin.token(), json=body).status_code == 400


def test_tokens_come_in_pages(admin: SecuredAdmin) -> None:
    boss = admin.token()
    for _ in range(4):
        admin.token("viewer")
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = admin.call("GET", TOKENS, boss, query_string={"limit": 2, "cursor": cursor}).json
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert cursor == ""
    assert len(set(seen)) == len(seen) == 5


# Throttling


def test_an_address_that_is_wrong_too_often_has_to_wait(admin: SecuredAdmin) -> None:
    token = admin.token()
    statuses = [admin.call("POST", SESSION, json={"token": "wrong"}).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    refused = admin.call("POST", SESSION, json={"token": token})
    assert (refused.status_code, refused.json["code"]) == (429, "too-many-failures")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert admin.call("GET", SESSION, "wrong").status_code == 429
    assert admin.call("GET", SESSION, token).status_code == 200
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    other = admin.call("POST", SESSION, json={"token": token}, environ_base=elsewhere)
    assert other.status_code == 201


def test_wrong_bearer_tokens_are_counted_too(admin: SecuredAdmin) -> None:
    assert [admin.call("GET", SESSION, "wrong").status_code for _ in range(6)] == [401] * 5 + [429]


# Sessions


def test_a_session_is_a_cookie_that_no_script_reads_and_no_other_site_sends(admin: SecuredAdmin) -> None:
    answer = admin.browser().post(SESSION, json={"token": admin.token()})
    name, _, rest = answer.headers["Set-Cookie"].partition("=")
    flags = rest.split("; ")[1:]
    assert name == "weir_session"
    assert flags == ["Path=/", "Max-Age=604800", "HttpOnly", "SameSite=Strict"]


def test_by_https_the_cookie_is_for_this_host_and_https_only() -> None:
    text = set_cookie("s", secure=True)
    assert text == "__Host-weir_session=s; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure"
    assert clear_cookie(secure=True).startswith("__Host-weir_session=; Path=/; Max-Age=0; ")


def test_by_https_a_cookie_of_the_plain_name_is_nobody(client: Client) -> None:
    admin = SecuredAdmin(client, secure=True)
    secret, _ = admin.services.sessions.begin(admin.token().split("_")[1])
    assert admin.call("GET", SESSION, headers={"Cookie": f"weir_session={secret}"}).status_code == 401
    good = admin.call("GET", SESSION, headers={"Cookie": f"__Host-weir_session={secret}"})
    assert good.json["kind"] == "session"


def test_a_session_ends_where_it_is_ended(admin: SecuredAdmin) -> None:
    browser, csrf = signed_in(admin, admin.token("viewer"))
    assert browser.get(SESSION).json["csrf"] == csrf
    cookie = browser.get_cookie("weir_session", domain="localhost")
    assert cookie is not None
    assert browser.delete(SESSION, headers={"X-CSRF-Token": csrf}).status_code == 204
    assert browser.get(SESSION).status_code == 401
    stolen = {"Cookie": f"weir_session={cookie.value}"}
    assert admin.call("GET", SESSION, headers=stolen).status_code == 401


def test_a_session_ends_with_its_token(admin: SecuredAdmin) -> None:
    boss, token = admin.token(), admin.token("editor")
    browser, _ = signed_in(admin, token)
    admin.call("DELETE", f"{TOKENS}/{token.split('_')[1]}", boss)
    assert browser.get(SESSION).status_code == 401


def test_a_session_ends_after_silence_and_after_a_week(
    admin: SecuredAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = signed_in(admin, admin.token())
    monkeypatch.setattr(sessions, "IDLE_MS", 0)
    assert browser.get(SESSION).status_code == 401
    monkeypatch.undo()
    monkeypatch.setattr(sessions, "ABSOLUTE_MS", 1)
    browser, _ = signed_in(admin, admin.token())
    monkeypatch.undo()
    assert browser.get(SESSION).status_code == 401


def test_a_session_that_changes_something_proves_that_its_own_page_asks(admin: SecuredAdmin) -> None:
    browser, csrf = signed_in(admin, admin.token())
    link = f"{SESSION}/links"
    assert browser.post(link).json["code"] == "csrf"
    assert browser.post(link, headers={"X-CSRF-Token": csrf[:-1] + "é"}).json["code"] == "csrf"
    assert browser.post(link, headers={"X-CSRF-Token": csrf}).status_code == 201


def test_a_login_takes_exactly_one_credential(admin: SecuredAdmin) -> None:
    assert admin.call("POST", SESSION, json={}).status_code == 400
    assert admin.call("POST", SESSION, json={"token": "a", "link": "b"}).status_code == 400
    form = admin.call("POST", SESSION, data={"token": "a"})
    assert form.json["code"] == "unsupported-media-type"


# One-time links


def test_a_link_begins_one_session_as_who_made_it(admin: SecuredAdmin) -> None:
    path = admin.call("POST", f"{SESSION}/links", admin.token("editor")).json["path"]
    browser = admin.browser()
    opened = browser.get(path)
    assert (opened.status_code, opened.headers["Location"]) == (303, "/")
    assert browser.get(SESSION).json["role"] == "editor"
    assert admin.browser().get(path).status_code == 401


def test_a_link_is_good_for_a_quarter_of_an_hour(
    admin: SecuredAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = admin.call("POST", f"{SESSION}/links", admin.token()).json["path"]
    monkeypatch.setattr(login_links, "LIFE_MS", 0)
    assert admin.browser().get(path).status_code == 401


def test_guessing_links_is_throttled(admin: SecuredAdmin) -> None:
    assert [admin.browser().get("/login?link=x").status_code for _ in range(6)] == [401] * 5 + [429]


# Other names, other sites


@pytest.mark.parametrize("path", [SESSION, "/", "/login?link=x", "/api/v1/openapi.json"])
def test_a_name_that_somebody_else_pointed_here_is_refused(admin: SecuredAdmin, path: str) -> None:
    answer = admin.call("GET", path, admin.token(), headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json["code"]) == (421, "wrong-host")


def test_probes_may_come_by_any_address(admin: SecuredAdmin) -> None:
    for path in ("/healthz", "/readyz"):
        assert admin.call("GET", path, headers={"Host": "10.1.2.3:8001"}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
        {"Origin": "http://[bad"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(admin: SecuredAdmin, header: dict[str, str]) -> None:
    token = admin.token()
    for path, body in ((f"{SESSION}/links", None), (SESSION, {"token": token})):
        answer = admin.call("POST", path, token, json=body, headers=header)
        assert (answer.status_code, answer.json["code"]) == (403, "cross-site")


def test_our_own_page_may(admin: SecuredAdmin) -> None:
    header = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert admin.call("POST", f"{SESSION}/links", admin.token(), headers=header).status_code == 201


# Roles, for every operation there is


@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.id for operation in OPERATIONS])
def test_an_operation_is_for_its_role_and_those_above(client: Client, operation: Operation) -> None:
    """Asked with a query that nobody may send: who may call is told so (400), who may not learns only that."""
    admin = SecuredAdmin(client)
    path = BASE + operation.path.replace("{", "").replace("}", "") + "?no-such-parameter=1"
    answers = {role: admin.call(operation.method, path, admin.token(role)).status_code for role in ROLES}
    nobody = admin.call(operation.method, path).status_code
    if operation.role is None:
        assert {nobody, *answers.values()} == {400}
        return
    least = ROLES.index(operation.role)
    assert nobody == 401
    assert answers == {role: 400 if ROLES.index(role) >= least else 403 for role in ROLES}


# The audit log, and what is never in a log


def test_a_refused_attempt_is_noted_once_a_second_for_an_address(admin: SecuredAdmin) -> None:
    admin.call("GET", SESSION, "wrong")
    gate = admin.services.keys.audit_gate("127.0.0.1")
    admin.services.client.call("SET", gate, "", "PX", 60_000)  # a second that lasts for the test
    for _ in range(3):
        admin.call("GET", SESSION, "wrong")
    (refused,) = admin.audited()
    assert (refused.status, refused.code) == (401, "wrong-credential")
    assert (refused.operation, refused.actor) == ("sessions.current", "")


def test_who_tries_all_day_does_not_push_out_what_was_done(admin: SecuredAdmin) -> None:
    boss = admin.token()
    admin.call("POST", TOKENS, boss, json={"name": "ci", "role": "viewer"})
    keys = (admin.services.keys.audit(), admin.services.keys.audit_refused())
    admin.call("GET", SESSION, "wrong")
    assert [admin.services.client.call("XLEN", key) for key in keys] == [1, 1]


def test_only_editors_and_admins_read_the_audit_log(admin: SecuredAdmin) -> None:
    answers = [admin.call("GET", "/api/v1/audit", admin.token(role)).status_code for role in ROLES]
    assert answers == [403, 200, 200]


def test_no_secret_is_in_the_audit_log_or_in_any_other(
    admin: SecuredAdmin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    boss = admin.token()
    made = admin.call("POST", TOKENS, boss, json={"name": "ci", "role": "viewer"}).json["secret"]
    link = admin.call("POST", f"{SESSION}/links", boss).json["path"].partition("=")[2]
    browser = admin.browser()
    browser.get(f"/login?link={link}")
    cookie = browser.get_cookie("weir_session", domain="localhost")
    assert cookie is not None
    wrong = SecretText("weirt", "A" * 10, "w" * 43).text()
    admin.call("GET", SESSION, wrong)
    admin.call("POST", SESSION, json={"token": wrong})
    secrets = [boss[-49:], made[-49:], link, cookie.value, wrong[-49:]]
    said = caplog.text + repr(admin.audited())
    assert "sessions.create" in said
    assert not [secret for secret in secrets if secret in said]


def test_a_checksum_belongs_to_a_token() -> None:
    text = SecretText("weirt", "A" * 10, "s" * 43).text()
    assert text == f"weirt_AAAAAAAAAA_{'s' * 43}{checksum(text[:-6])}"
    assert repr(SecretText("weirt", "A" * 10, "secret")) == "SecretText(weirt_AAAAAAAAAA)"
