"""What Connection names is removed."""

from edge.http.connection_field import listed, without_listed


def test_named_fields_go_and_options_are_not_names() -> None:
    assert listed((b"close, X-Hop", b"Keep-Alive,x-other ")) == {b"x-hop", b"x-other"}
    fields = [(b"x-hop", b"X-Hop", b"1"), (b"x-a", b"X-A", b"2")]
    assert without_listed(fields, (b"x-HOP",)) == fields[1:]


def test_nothing_is_copied_where_nothing_is_named() -> None:
    fields = [(b"x-a", b"X-A", b"2")]
    assert without_listed(fields, (b"keep-alive",)) is fields
