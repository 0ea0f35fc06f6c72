from scripts.terminal.start_screen import COLOURED, Started, Style, screen, style_for

STARTED = Started(
    version="0.1.0",
    edge=("http://127.0.0.1:8000",),
    status="http://127.0.0.1:8003",
    admin="http://127.0.0.1:8001",
    sign_in="http://127.0.0.1:8001/login?link=abc",
    auth="http://127.0.0.1:8002",
    store="embedded, Valkey 9.1.2, in .weir/store",
    demo="http://127.0.0.1:8004",
    rules=".weir/gateway.weir",
    has_demo_rules=True,
)

SCREEN = """\
weir 0.1.0 is up (Ctrl-C stops it)

  gateway  http://127.0.0.1:8000
  status   http://127.0.0.1:8003/readyz  also /healthz and /metrics
  admin    http://127.0.0.1:8001  the API; `weir status` asks it
  sign in  http://127.0.0.1:8001/login?link=abc  works once, within 15 minutes
  auth     http://127.0.0.1:8002  OAuth 2: where applications get their tokens
  rules    .weir/gateway.weir  edit and save: live within a second
  demo     http://127.0.0.1:8004  the service behind the demo rules
  store    embedded, Valkey 9.1.2, in .weir/store

  Try
    curl http://127.0.0.1:8000/
    curl http://127.0.0.1:8000/hello
    curl http://127.0.0.1:8000/api/users/7/posts/latest
    curl -N 'http://127.0.0.1:8000/stream?n=3'
  Then change the sentence of rule "hello" in .weir/gateway.weir, save, and ask again.
"""


def test_the_screen_says_where_everything_is_and_what_to_try() -> None:
    assert screen(STARTED, Style()) == SCREEN


def test_colour_changes_no_word() -> None:
    text = screen(STARTED, COLOURED)
    for sequence in COLOURED:
        text = text.replace(sequence, "")
    assert "\n".join(line.rstrip() for line in text.splitlines()) + "\n" == SCREEN


def test_every_listener_has_its_line() -> None:
    text = screen(STARTED._replace(edge=("http://127.0.0.1:80", "http://[::1]:80")), Style())
    assert "gateway  http://127.0.0.1:80\n  gateway  http://[::1]:80\n" in text


def test_a_file_of_ones_own_is_checked_and_explained() -> None:
    text = screen(STARTED._replace(rules="my rules.weir", demo="", has_demo_rules=False), Style())
    assert "weir check 'my rules.weir'" in text
    assert "weir explain --file 'my rules.weir' 'GET http://127.0.0.1:8000/'" in text
    assert "demo" not in text


def test_without_a_file_the_store_has_the_rules() -> None:
    text = screen(STARTED._replace(rules="", demo="", has_demo_rules=False), Style())
    assert "those in the store" in text
    assert "curl http://127.0.0.1:8003/readyz" in text


def test_colour_is_for_terminals_that_want_it() -> None:
    assert style_for(True, {}) == COLOURED
    assert style_for(True, {"NO_COLOR": ""}) == COLOURED
    assert style_for(True, {"NO_COLOR": "1"}) == Style()
    assert style_for(True, {"TERM": "dumb"}) == Style()
    assert style_for(False, {}) == Style()
