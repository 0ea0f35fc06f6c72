from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weir.models import chunk_form
from weir.models.chunk_form import MAX_CHUNK_BYTES
from weir.models.condition import Compare
from weir.models.document import Defaults, Define, Definition, Document, Group, Limit, Rule, Upstream
from weir.models.rule_clauses import Require, Respond, RuleClause, Tag, When
from weir.models.values import Requirement
from weir.models.version import Chunk
from weir.store import chunks
from weir.store.chunks import (
    MAX_DEFINITIONS,
    EncodedChunk,
    decode,
    encode,
    join,
    split,
)
from weir.store.errors import ChunkUnreadable


def rule(name: str, status: int = 200) -> Rule:
    return Rule(name=name, clauses=(Respond(status=status),))


def rules(count: int, first: int = 0) -> tuple[Rule, ...]:
    return tuple(rule(f"rule-{number}") for number in range(first, first + count))


def sizes(encoded: tuple[EncodedChunk, ...]) -> list[int]:
    """What each chunk holds: definitions and members of groups, a group that is carried on not counted again."""
    pieces = [decode(chunk.data) for chunk in encoded]
    return [sum(map(size_of, chunk.definitions)) - chunk.continues_group for chunk in pieces]


def size_of(definition: Definition) -> int:
    return 1 + len(definition.members) if isinstance(definition, Group) else 1


def new_chunks(before: Document, after: Document) -> int:
    """How many chunks a publish of ``after`` has to send."""
    return len({chunk.hash for chunk in split(after)} - {chunk.hash for chunk in split(before)})


def rejoined(document: Document) -> Document:
    return join(decode(chunk.data) for chunk in split(document))


# Few names, so that equal names, which no good document has, are met too.
names = st.text("abcdefgh", min_size=1, max_size=3)
comments = st.lists(st.text(max_size=5), max_size=2).map(tuple)
clauses: st.SearchStrategy[RuleClause] = st.one_of(
    st.builds(Respond, status=st.integers(200, 599), comment_beside=st.text(max_size=3)),
    st.builds(Tag, tags=st.tuples(names), comments=comments),
    st.builds(
        When, condition=st.builds(Compare, field=st.just("path"), operator=st.just("under"), value=names)
    ),
)
rule_blocks = st.builds(Rule, name=names, clauses=st.tuples(clauses), comments_end=comments)
definitions: st.SearchStrategy[Definition] = st.one_of(
    rule_blocks,
    st.builds(Upstream, name=names, comments=comments),
    st.builds(Limit, name=names),
    st.builds(Defaults),
    st.builds(
        Group,
        name=names,
        members=st.lists(st.one_of(clauses, rule_blocks), max_size=12).map(tuple),
        comments=comments,
        comment_beside=st.text(max_size=3),
        comments_end=comments,
    ),
)
documents = st.builds(
    Document,
    # Repeating a list makes runs without an end, longer than a chunk may be.
    definitions=st.tuples(st.lists(definitions, max_size=8), st.integers(1, 90)).map(
        lambda t: tuple(t[0] * t[1])
    ),
    comments=comments,
    comments_end=comments,
)


@settings(max_examples=100, deadline=None)
@given(documents)
def test_a_document_survives_being_split_and_joined(document: Document) -> None:
    encoded = split(document)
    assert join(decode(chunk.data) for chunk in encoded) == document
    assert max(sizes(encoded), default=0) <= MAX_DEFINITIONS
    assert encoded == split(document)


def test_an_empty_document_has_no_chunks_and_comments_alone_have_one() -> None:
    assert split(Document()) == ()
    assert join(()) == Document()
    remark = Document(comments=("first",), comments_end=("last",))
    assert len(split(remark)) == 1
    assert rejoined(remark) == remark


def test_ten_thousand_rules_make_chunks_of_a_useful_size() -> None:
    encoded = split(Document(definitions=rules(10_000)))
    assert 80 <= len(encoded) <= 320
    assert max(sizes(encoded)) <= MAX_DEFINITIONS
    assert sum(sizes(encoded)) == 10_000


TEN_THOUSAND = Document(definitions=rules(10_000))
PLACES = (0, 1, 63, 64, 65, 1000, 4999, 5000, 7777, 9998, 9999)


def with_definitions(changed: tuple[Definition, ...]) -> Document:
    return msgspec.structs.replace(TEN_THOUSAND, definitions=changed)


@pytest.mark.parametrize("place", PLACES)
def test_changing_a_definition_changes_one_chunk(place: int) -> None:
    before = TEN_THOUSAND.definitions
    changed = with_definitions((*before[:place], rule(f"rule-{place}", status=418), *before[place + 1 :]))
    assert new_chunks(TEN_THOUSAND, changed) == 1


@pytest.mark.parametrize("place", PLACES)
def test_inserting_or_removing_a_definition_changes_two_chunks_at_most(place: int) -> None:
    before = TEN_THOUSAND.definitions
    inserted = with_definitions((*before[:place], rule("another"), *before[place:]))
    removed = with_definitions((*before[:place], *before[place + 1 :]))
    assert 1 <= new_chunks(TEN_THOUSAND, inserted) <= 2
    assert new_chunks(TEN_THOUSAND, removed) <= 2


def test_removing_or_inserting_at_every_end_of_a_chunk_changes_two_chunks_at_most() -> None:
    ends, at = [], 0
    for size in sizes(split(TEN_THOUSAND)):
        at += size
        ends.append(at - 1)
    before = TEN_THOUSAND.definitions
    for end in ends[::16]:
        assert new_chunks(TEN_THOUSAND, with_definitions((*before[:end], *before[end + 1 :]))) <= 2
        ending = next(f"end-{n}" for n in range(10_000) if chunks._priority(f"rule end-{n}") % 64 == 1)
        assert new_chunks(TEN_THOUSAND, with_definitions((*before[:end], rule(ending), *before[end:]))) <= 2


def test_a_big_group_spans_chunks_and_changing_a_member_changes_one() -> None:
    def document(status: int) -> Document:
        members = [*rules(2999), rule("last", status)]
        members[1500] = rule("rule-1500", status)
        opening = Define(name="office", condition=Compare(field="ip", operator="in", value=("10.0.0.0/8",)))
        group = Group(
            name="big", members=(Tag(tags=("t",)), *members), comments=("above",), comments_end=("end",)
        )
        return Document(definitions=(opening, group, rule("after")))

    encoded = split(document(200))
    assert max(sizes(encoded)) <= MAX_DEFINITIONS
    assert sum(decode(chunk.data).continues_group for chunk in encoded) > 10
    assert rejoined(document(200)) == document(200)
    # Two members were changed, in different chunks.
    assert new_chunks(document(200), document(201)) == 2


@pytest.mark.parametrize(
    "count", [MAX_DEFINITIONS, MAX_DEFINITIONS + 1, 2 * MAX_DEFINITIONS, 2 * MAX_DEFINITIONS + 1]
)
def test_a_run_without_an_end_is_cut_at_the_bound(count: int) -> None:
    plain = [f"n{number}" for number in range(2000) if chunks._priority(f"rule n{number}") % 64 != 1][:count]
    found = sizes(split(Document(definitions=tuple(rule(name) for name in plain))))
    assert sum(found) == count
    assert max(found) <= MAX_DEFINITIONS
    assert len(found) == 1 if count == MAX_DEFINITIONS else len(found) >= 2
    if count <= 2 * MAX_DEFINITIONS:
        assert len(found) <= 2


def test_options_keep_the_order_in_which_they_were_written() -> None:
    written = Requirement(method="token", options={"scope": "api", "issuer": "x"})
    document = Document(definitions=(Rule(name="a", clauses=(Require(any_of=(written,)),)),))
    clause = rejoined(document).definitions[0].clauses[0]  # type: ignore[union-attr]
    assert list(clause.any_of[0].options) == ["scope", "issuer"]  # type: ignore[union-attr]


def test_the_hash_is_the_sha_256_of_the_stored_bytes() -> None:
    (chunk,) = split(Document(definitions=rules(3)))
    assert chunk.hash == hashlib.sha256(chunk.data).hexdigest()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot be read"),
        (b"\xc1", "cannot be read"),
        (b"hello", "cannot be read"),
        (
            msgspec.msgpack.encode([chunk_form.SCHEMA + 1, {"anything": 1}]),
            "schema 2; this program reads up to 1",
        ),
        (msgspec.msgpack.encode([1, {"definitions": [{"kind": "spell"}]}]), "cannot be read"),
        (msgspec.msgpack.encode([1, {"definitions": 7}]), "cannot be read"),
        (msgspec.msgpack.encode([1, {"language": 99}]), "language 99"),
        (b"\x92\x01" + b"\x91" * 100_000, "cannot be read"),
        (b"\x92\x01\xdd\xff\xff\xff\xff", "cannot be read"),
        (b"\0" * (MAX_CHUNK_BYTES + 1), "at most 16 MiB"),
    ],
)
def test_bytes_that_are_no_chunk_are_refused_with_one_sentence(data: bytes, says: str) -> None:
    with pytest.raises(ChunkUnreadable, match=says):
        decode(data)


def test_deep_conditions_are_refused_and_do_not_break_the_reader() -> None:
    deep = b"\x82\xa4kind\xa3not\xa4term" * 100_000
    data = b"\x92\x01\x81\xabdefinitions\x91\x83\xa4kind\xa6define\xa4name\xa1a\xa9condition" + deep
    with pytest.raises(ChunkUnreadable):
        decode(data)


def test_a_chunk_over_the_bound_is_not_made() -> None:
    big = Rule(name="a", clauses=(Respond(status=200, body="x" * MAX_CHUNK_BYTES),))
    with pytest.raises(ChunkUnreadable, match="at most 16 MiB"):
        split(Document(definitions=(big,)))


def test_chunks_that_do_not_fit_together_are_refused() -> None:
    carries_on = Chunk(definitions=(Group(name="a"),), continues_group=True)
    for wrong in ([carries_on], [Chunk(definitions=(rule("a"),)), carries_on], [Chunk(continues_group=True)]):
        with pytest.raises(ChunkUnreadable, match="carries on a group"):
            join(wrong)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_never_worse_than_refused(data: bytes) -> None:
    try:
        decode(data)
    except ChunkUnreadable:
        return
    assert encode(decode(data))
