"""Hypothesis strategies for a rules file that somebody edits: good and bad, in ways that texts are edited."""

from __future__ import annotations

from hypothesis import strategies as st

LINES = (
    "",
    "# about what comes next",
    "language 1",
    "defaults { merge_slashes off }",
    "defaults {",
    "defaults { trusted_proxies [10.0.0.0/8] }",
    'define inside = ip in ["10.0.0.0/8"]',
    'define inside = ip in ["10.0.0.0/8"] # beside',
    'define both = inside and host == "a"',
    "define both = not inside",
    'and host == "b"',
    'or path matches "("',
    "limit gold { 5 per 1s }",
    "limit gold { 5 per 1s by consumer }",
    "limit gold {",
    "upstream u { target http://127.0.0.1:1 }",
    "upstream u {",
    "  target http://127.0.0.1:1",
    "upstream v { target http://127.0.0.1:2 } # beside",
    "upstream v { target http://127.0.0.1:2 };; # above the next",
    "group g {",
    "group g { when inside; proxy u; rule a { respond 200 }; rule b { proxy v } }",
    "group h { when both; rule a { respond 200 }",
    "rule a { when inside; proxy u }",
    "rule a { when both; limit gold; proxy u } rule b { proxy v }",
    'rule b { when path like "/{id}/x"; redirect "/{id}" }',
    'rule b { when path like "/x/{id}" or inside; redirect "/{id}" }',
    "rule c {",
    "  when inside",
    '  when path == "//a"',
    "  proxy u; mirror v",
    "  respond 200 # beside",
    "  # inside",
    "}",
    "} # beside",
    "} rule d { respond 204 }",
    'rule e { when path under "/e"; respond 200 }',
    'rule f { when path under "/e"; respond 201; limit gold }',
    "rule f { when path under /e/../..; respond 201 }",
    '"a string',
    "\ufeff",
    "a\rb",
)
"""Of a language whose sentences mostly end with their lines."""

WORKING = """\
# the edge of a shop
language 1

define inside = ip in ["10.0.0.0/8"]
define both = inside
  and host == "a"
limit gold { 5 per 1s }
upstream u { target http://127.0.0.1:1 }
upstream v { target http://127.0.0.1:2 } # spare
# people
group g {
  when inside
  proxy u
  rule a { respond 200 }
  rule b { when both; proxy v } # beside
}
rule a { when inside; limit gold; proxy u } rule b { when path under "/b"; proxy v }

# the last ones
rule c {
  when both
  # to the mirror
  proxy u; mirror v
}
rule e { when path under "/e"; respond 200 }
rule f { when path under "/e"; respond 201 }
# the end
"""

fragments = st.one_of(
    st.lists(st.sampled_from(LINES), min_size=1, max_size=4).map("\n".join),
    st.lists(st.sampled_from(LINES), min_size=1, max_size=4).map(lambda lines: "\n".join(lines) + "\n"),
    st.sampled_from(["", "\n", " ", "#", "}", ";", "x", '"', "and", "\ufeff", "v", "gold"]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """Texts, each an edit of one before it; most edits replace lines, some characters, and some are taken back."""
    texts = [draw(st.sampled_from([WORKING, WORKING, WORKING.rstrip(), ""]))]
    for _ in range(draw(st.integers(1, 8))):
        base = draw(st.sampled_from(texts[-3:]))
        texts.append(_edited(draw, base))
    return texts


def _edited(draw: st.DrawFn, text: str) -> str:
    starts = [0, *(index + 1 for index, char in enumerate(text) if char == "\n"), len(text)]
    places = st.sampled_from(starts) if draw(st.integers(0, 3)) else st.integers(0, len(text))
    begin, end = sorted((draw(places), draw(places)))
    match draw(st.sampled_from(["insert", "remove", "replace", "copy"])):
        case "insert":
            return text[:begin] + draw(fragments) + text[begin:]
        case "remove":
            return text[:begin] + text[end:]
        case "replace":
            return text[:begin] + draw(fragments) + text[end:]
    return text[:begin] + text[begin:end] + text[begin:]
