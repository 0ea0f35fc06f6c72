"""What agent and workers say about credentials fits into frames."""

from __future__ import annotations

from edge.link import frames
from edge.link.credential_words import REVOKED_PARTS, drop_all_word, drop_word, revoked_part_of

MOST_REVOKED = 200_000


def test_a_drop_names_what_changed_and_up_to_where_that_is_known():
    assert drop_word(["key:a", "consumer:b"], 7) == {"drop": ["key:a", "consumer:b"], "all": False, "seq": 7}
    assert drop_all_word(7) == {"drop": [], "all": True, "seq": 7}


def test_a_value_is_always_in_the_same_part_and_full_parts_fit_into_a_frame():
    parts: dict[int, list[list[object]]] = {}
    for number in range(MOST_REVOKED):
        value = f"{number:064x}"
        parts.setdefault(revoked_part_of(value), []).append([value, 2_000_000_000])
    assert set(parts) == set(range(REVOKED_PARTS))
    for number, values in parts.items():
        body = {"part": number, "parts": REVOKED_PARTS, "values": values}
        assert len(frames.pack({"kind": "news", "topic": "revoked", "body": body})) < frames.MAX_FRAME
