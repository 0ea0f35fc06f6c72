"""What ``weir explain`` says of ``require``: what must be shown, and which of it the described request shows.

Whether a credential is good is not looked at: that takes what only the store and the nodes know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weir.models.effective import Route
from weir.models.values import Requirement
from weir.routing.facts import Facts

KEY_HEADER = "X-API-Key"
"""Where a key may stand if the rule names no header."""
_KEPT_BY_DEFAULT = frozenset({"token", "hmac"})


def required(route: Route, facts: Facts) -> Iterator[str]:
    """One sentence for each alternative, in its order, and one for what the request shows."""
    if route.require is None or not route.require.any_of:
        return
    asked = [each for each in route.require.any_of if each.method != "anonymous"]
    for place, each in enumerate(asked):
        yield f"require{' or' if place else ''}: {_what(each)}{_more(each.method, each.options)}"
    if len(asked) < len(route.require.any_of):
        yield "require or: nobody in particular; who shows no credential at all may pass"
    shown = next((each.method for each in asked if _shows(each, facts)), "")
    if shown:
        yield f"this request shows a {shown}; the node that gets it judges whether it is good"
    elif len(asked) < len(route.require.any_of) and facts.header("authorization") is None:
        yield "this request shows no credential and passes as nobody's"
    else:
        yield "this request shows no credential that is asked for: the answer is 401"


def _what(requirement: Requirement) -> str:
    options = requirement.options
    match requirement.method:
        case "key":
            places = ["Authorization: Bearer weir_…", options.get("header", KEY_HEADER)]
            if "query" in options:
                places.append(f"?{options['query']}=")
            return f"an API key in {' or '.join(places)}"
        case "token":
            issuer = options.get("issuer", "the authorization server of this cluster")
            audience = f" for {options['audience']}" if "audience" in options else ""
            return f"an access token of {issuer}{audience} in Authorization: Bearer"
        case "basic":
            return "a user name and a password in Authorization: Basic"
        case "hmac":
            return "a signature in Signature and Signature-Input"
    return requirement.method


def _more(method: str, options: Mapping[str, str]) -> str:
    said = []
    if "scope" in options:
        said.append(f"with the scope {' and '.join(options['scope'].split())}")
    if "tag" in options:
        said.append(f"of a consumer with the tag {' or '.join(options['tag'].split())}")
    kept = options.get("keep", "yes" if method in _KEPT_BY_DEFAULT else "no") == "yes"
    said.append("the upstream sees it" if kept else "the upstream does not see it")
    return "".join(f"; {each}" for each in said)


def _shows(requirement: Requirement, facts: Facts) -> bool:
    scheme, _, value = (facts.header("authorization") or "").partition(" ")
    scheme = scheme.lower()
    options = requirement.options
    match requirement.method:
        case "key":
            named = facts.header(options.get("header", KEY_HEADER).lower())
            in_query = facts.query(options["query"]) if "query" in options else None
            return (
                (scheme == "bearer" and value.startswith("weir_"))
                or named is not None
                or in_query is not None
            )
        case "token":
            return scheme == "bearer" and not value.startswith("weir_")
        case "basic":
            return scheme == "basic"
        case "hmac":
            return facts.header("signature-input") is not None
    return False
