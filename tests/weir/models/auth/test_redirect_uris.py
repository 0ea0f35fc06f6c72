"""What may be registered as a redirect URI, and every trick that may not."""

from __future__ import annotations

import pytest

from weir.models.auth.redirect_uris import MAX_URI, problem_of


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.com/callback",
        "https://app.example.com/callback?tenant=a%2Fb",
        "https://app.example.com:8443/callback",
        "http://127.0.0.1:8080/callback",
        "http://127.0.0.1/callback",
        "http://[::1]:9/",
        "http://localhost:3000/callback",
        "com.example.app:/oauth",
    ],
)
def test_https_this_machine_and_schemes_of_an_app_may_be(uri: str) -> None:
    assert problem_of(uri) == ""


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "callback",
        "//app.example.com/callback",
        "http://app.example.com/callback",
        "http://127.0.0.1.example.com/",
        "http://127.0.0.1@example.com/",
        "https://user@app.example.com/",
        "https://app.example.com/callback#",
        "https://app.example.com/#fragment",
        "https://*.example.com/callback",
        "https://app.example.com/*",
        "https://app.example.com\\@evil.example/",
        "https://app.example.com/a b",
        "https://app.example.com/\n",
        "https://app.example.com/ü",
        "https://app.example.com/../x",
        "https://app.example.com/%2e%2E/x",
        "https://app.example.com:0/",
        "https://app.example.com:/",
        "https://app.example.com:99999/",
        "https://[::1/",
        "HTTPS://app.example.com/",
        "https://APP.example.com/",
        "https:///callback",
        "https://app%2eexample.com/",
        "https://app.example.com%00.evil.example/",
        "https://app.example.com,evil.example/",
        "https://app.example.com./",
        "https:app.example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp:/callback",
        "com.example.app://callback",
        "com.example.app:callback",
        "urn:ietf:wg:oauth:2.0:oob",
        'https://app.example.com/"x',
        "https://app.example.com/<x>",
    ],
)
def test_what_can_be_read_in_two_ways_or_goes_elsewhere_may_not(uri: str) -> None:
    assert problem_of(uri) != ""


def test_it_has_a_longest_length() -> None:
    start = "https://app.example.com/"
    assert problem_of(start + "a" * (MAX_URI - len(start))) == ""
    assert problem_of(start + "a" * (MAX_URI - len(start) + 1)) != ""
