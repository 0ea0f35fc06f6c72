"""The person's word: of this person, in this session, on this question, once."""

from __future__ import annotations

import httpx
import pytest

from tests.support.people import ORIGIN, Application, Visitor, World, forms_of


@pytest.fixture
def asked(web: Application, alice: Visitor) -> Visitor:
    """Alice before the question."""
    alice.open(web.address())
    alice.sign_in()
    assert "Allow Orders?" in alice.page.text
    return alice


def is_forged(page: httpx.Response) -> bool:
    return page.status_code == 403 and "Not from here" in page.text and "Location" not in page.headers


def test_the_page_carries_an_id_and_nothing_that_could_be_changed(asked: Visitor) -> None:
    assert forms_of(asked.page)[0].fields.keys() == {"csrf", "question"}
    assert forms_of(asked.page)[0].buttons == [("decision", "allow"), ("decision", "deny")]


@pytest.mark.parametrize("csrf", [None, "", "x", "0" * 64])
def test_a_form_of_another_page_is_refused_and_leaves_the_question(asked: Visitor, csrf: str | None) -> None:
    page = asked.page
    assert is_forged(asked.submit("allow", csrf=csrf))
    asked.page = page
    asked.submit("allow")
    assert "code" in asked.brought()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ORIGIN + ".evil.example"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_allow(asked: Visitor, headers: dict[str, str]) -> None:
    form = forms_of(asked.page)[0]
    data = form.fields | {"decision": "allow"}
    assert is_forged(asked.http.post(form.action, data=data, headers=headers))


def test_nobody_can_allow_without_the_session(asked: Visitor, world: World) -> None:
    form = forms_of(asked.page)[0]
    assert is_forged(world.http().post(form.action, data=form.fields | {"decision": "allow"}))


def test_the_question_of_another_session_cannot_be_answered(
    asked: Visitor, world: World, web: Application
) -> None:
    """Mallory leads alice to mallory's question, or answers alice's."""
    mallory = world.visitor()
    mallory.open(web.address(state="mallorys"))
    mallory.sign_in("mallory")
    alices, mallorys = forms_of(asked.page)[0].fields, forms_of(mallory.page)[0].fields
    page = asked.page
    assert is_forged(asked.submit("allow", **mallorys))
    asked.page = page
    assert is_forged(asked.submit("allow", question=mallorys["question"]))
    assert is_forged(mallory.submit("allow", **alices))
    asked.page = page
    asked.submit("allow")
    assert asked.brought()["state"] == "state-1"


def test_the_token_of_one_question_does_not_open_another(asked: Visitor, web: Application) -> None:
    first = forms_of(asked.page)[0].fields
    asked.open(web.address(state="other"))
    assert is_forged(asked.submit("allow", csrf=first["csrf"]))


def test_a_question_is_answered_once(asked: Visitor) -> None:
    page = asked.page
    asked.submit("allow")
    asked.page = page
    again = asked.submit("allow")
    assert again.status_code == 400
    assert "answered before" in again.text
    assert "Location" not in again.headers


@pytest.mark.parametrize("decision", [None, "", "yes"])
def test_only_a_button_is_a_word(asked: Visitor, decision: str | None) -> None:
    assert is_forged(asked.submit(decision=decision))


def test_what_changed_while_the_person_thought_counts(asked: Visitor, world: World) -> None:
    world.change_client("web", redirect_uris=("https://app.example.com/elsewhere",))
    page = asked.submit("allow")
    assert page.status_code == 400
    assert "not registered any more" in page.text
    assert "Location" not in page.headers


@pytest.mark.parametrize(
    "change", [{"disabled": True}, {"grants": ("client_credentials",)}, {"scopes": ("openid",)}]
)
def test_an_application_that_lost_its_rights_gets_no_code(
    asked: Visitor, world: World, change: dict[str, object]
) -> None:
    world.change_client("web", **change)
    page = asked.submit("allow")
    assert page.status_code == 400
    assert "Location" not in page.headers


def test_a_session_that_ended_while_the_person_thought_allows_nothing(asked: Visitor, world: World) -> None:
    assert world.services is not None
    world.services.people.logins.end_all("alice")
    assert is_forged(asked.submit("allow"))


def test_a_question_about_a_device_is_none_about_an_application(asked: Visitor, world: World) -> None:
    from auth.people.forms import form_token
    from weir.store.oauth.questions import Question

    assert world.services is not None
    people = world.services.people
    login = people.logins.use(asked.http.cookies["weir-session"])
    assert login is not None
    question = people.questions.ask(login.id, Question(client="web", device="d", user_code="c"))
    csrf = form_token(login.record.csrf, f"consent {question}")
    assert asked.submit("allow", question=question, csrf=csrf).status_code == 400
