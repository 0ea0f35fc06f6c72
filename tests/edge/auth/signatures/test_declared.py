"""What a client says it signed: which signatures may be ours, and what is refused."""

from __future__ import annotations

from typing import Any

import http_sf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.auth.signatures.declared import (
    MAX_AGE_S,
    MAX_AHEAD_S,
    MAX_COMPONENTS,
    MAX_INPUT,
    MAX_KEY_ID,
    MAX_SIGNATURES,
    MAX_VALUE,
    BadSignature,
    Expired,
    Signature,
    check_coverage,
    check_time,
    read_signatures,
)

VALUE = b"sig1=:" + b"A" * 43 + b"=:"
NOW = 1_800_000_000


def _input(components: str = '"@method"', params: str = f';created={NOW};keyid="k"') -> bytes:
    return f"sig1=({components}){params}".encode()


def _signature(*components: str, created: int = NOW, expires: int = 0) -> Signature:
    return Signature("sig1", "k", components, created, expires, "", b"")


class TestReading:
    def test_one_signature_with_all_that_is_read_of_it(self) -> None:
        params = f';created={NOW};expires={NOW + 5};keyid="k";alg="hmac-sha256";nonce="\\"n";tag="t"'
        (found,) = read_signatures(_input('"@method" "date"', params), VALUE)
        assert found[:5] == ("sig1", "k", ("@method", "date"), NOW, NOW + 5)
        assert found.params == f'("@method" "date"){params}'
        assert found.value == bytes(32)

    def test_those_of_others_are_left_alone(self) -> None:
        inputs = (
            b'a=("@status";req);created=1;keyid="x";alg="ed25519", '
            b'b=("@method");created=1;keyid="y", '
            b'c=( "@query-param";name="q"  );  alg="rsa-pss-sha512", d=(), e=("x";sf;bs);created=1.5;keyid=y'
        )
        values = b"a=:AA==:, b=:" + b"A" * 43 + b"=:, c=:AA==:;x"
        assert [each.label for each in read_signatures(inputs, values)] == ["b"]

    @pytest.mark.parametrize(
        "algorithm", ['"none"', '"HMAC-SHA256"', '"hmac-sha1"', "hmac-sha256", "1", '""', ":AAAA:", "?1"]
    )
    def test_another_algorithm_is_not_ours(self, algorithm: str) -> None:
        assert read_signatures(_input(params=f';created={NOW};keyid="k";alg={algorithm}'), VALUE) == []

    def test_an_algorithm_without_a_value_is_not_ours(self) -> None:
        assert read_signatures(_input(params=f';created={NOW};keyid="k";alg'), VALUE) == []

    @pytest.mark.parametrize("params", [";keyid=k", ";keyid=1", ";keyid", ";keyid=?1", ";keyid=:AA==:", ""])
    def test_a_keyid_that_is_no_string_is_not_ours(self, params: str) -> None:
        assert read_signatures(_input(params=f";created={NOW}{params}"), VALUE) == []

    def test_nothing(self) -> None:
        assert read_signatures(b"", VALUE) == []

    @pytest.mark.parametrize(
        ("inputs", "says"),
        [
            (b"sig1", "cannot be read"),
            (b'sig1="@method"', "cannot be read"),
            (b'sig1=("@method"', "cannot be read"),
            (b'sig1=("@method")x', "cannot be read"),
            (b'sig1=("@method"),', "cannot be read"),
            (b"sig1=(@method);created=1", "cannot be read"),
            (b"\xff", "cannot be read"),
            (_input() + b", " + _input(), "sig1 stands twice"),
            (_input(params=f';created={NOW};keyid="k";keyid="l"'), "keyid stands twice"),
            (_input('"@method" "@method"'), "covered twice"),
            (_input('"Date"'), "lower case"),
            (_input('"a\\"b"'), "lower case"),
            (_input('"a b"'), "lower case"),
            (_input("date"), "lower case"),
            (_input('""'), "lower case"),
            (_input('"x";sf'), "without parameters"),
            (_input('"x";key="a"'), "without parameters"),
            (_input('"x";tr'), "without parameters"),
            (_input('"@method";req'), "without parameters"),
            (_input('"@method"  "x"'), "one blank between"),
            (_input(' "@method"'), "one blank between"),
            (_input('"@method" '), "one blank between"),
            (_input(params=f'; created={NOW};keyid="k"'), "without blanks"),
            (_input(params=';keyid="k"'), "created is needed"),
            (_input(params=';created="1";keyid="k"'), "whole number"),
            (_input(params=';created=1.5;keyid="k"'), "whole number"),
            (_input(params=';created=01;keyid="k"'), "whole number"),
            (_input(params=';created=-1;keyid="k"'), "whole number"),
            (_input(params=';created;keyid="k"'), "whole number"),
            (_input(params=';created=1;expires=1.0;keyid="k"'), "whole number"),
            (_input(params=';created=1;keyid=""'), "keyid has"),
            (_input(params=';created=1;keyid="a\\\\b"'), "keyid has"),
            (_input(params=';created=1;keyid="' + "k" * (MAX_KEY_ID + 1) + '"'), "keyid has"),
            (_input(params=';created=1;keyid="k";nonce=1'), "nonce is a string"),
            (_input(params=';created=1;keyid="k";tag'), "tag is a string"),
            (_input(params=';created=1;keyid="k";other="x"'), "other of a signature is not understood"),
        ],
    )
    def test_what_is_not_understood_is_refused(self, inputs: bytes, says: str) -> None:
        with pytest.raises(BadSignature, match=says):
            read_signatures(inputs, VALUE)

    @pytest.mark.parametrize(
        "values",
        [
            b"",
            b"sig1",
            b'sig1="AA=="',
            b"sig1=(:AA==:)",
            b"sig1=AA",
            b"sig1=:A:",
            b"sig1=:" + b"A" * 43 + b":",
            b"sig1=:" + b"A" * 44 + b":",
            b"sig1=:" + b"A" * 42 + b"==:",
            VALUE.replace(b"1", b"2"),
            VALUE + b", " + VALUE,
        ],
    )
    def test_a_signature_stands_under_its_label_as_a_digest(self, values: bytes) -> None:
        with pytest.raises(BadSignature):
            read_signatures(_input(), values)

    def test_as_many_as_allowed_and_no_more(self) -> None:
        def declared(count: int) -> list[Signature]:
            labels = [f"s{number}" for number in range(count)]
            inputs = ", ".join(f'{label}=("@method");created=1;keyid="k"' for label in labels)
            return read_signatures(
                inputs.encode(), ", ".join(f"{label}=:{'A' * 43}=:" for label in labels).encode()
            )

        assert len(declared(MAX_SIGNATURES)) == MAX_SIGNATURES
        with pytest.raises(BadSignature, match=f"more than {MAX_SIGNATURES} members"):
            declared(MAX_SIGNATURES + 1)

    def test_as_many_components_as_allowed_and_no_more(self) -> None:
        names = [f'"x{number}"' for number in range(MAX_COMPONENTS + 1)]
        (found,) = read_signatures(_input(" ".join(names[:-1])), VALUE)
        assert len(found.components) == MAX_COMPONENTS
        with pytest.raises(BadSignature, match=f"at most {MAX_COMPONENTS} components"):
            read_signatures(_input(" ".join(names)), VALUE)

    def test_a_field_that_is_too_long_is_not_read(self) -> None:
        nonce = "n" * (MAX_INPUT - len(_input(params=';created=1;keyid="k";nonce=""')))
        inputs = _input(params=f';created=1;keyid="k";nonce="{nonce}"')
        assert len(inputs) == MAX_INPUT
        assert read_signatures(inputs, VALUE)
        with pytest.raises(BadSignature, match="has at most"):
            read_signatures(inputs + b" ", VALUE)
        assert read_signatures(_input(), VALUE.ljust(MAX_VALUE))
        with pytest.raises(BadSignature, match="has at most"):
            read_signatures(_input(), VALUE.ljust(MAX_VALUE + 1))

    @settings(max_examples=60)
    @given(st.text('sig1=("@methodkeyid;,:?%)\\ 10.-ACabc*', max_size=60))
    def test_what_is_signed_is_the_one_form_of_what_came(self, tail: str) -> None:
        """As the author of structured fields writes what he has read."""
        inputs = _input(params=f';created={NOW};keyid="k"') + tail.encode()
        try:
            found = read_signatures(inputs, VALUE)
        except BadSignature:
            return
        members: Any = http_sf.parse(inputs, tltype="dictionary")
        for each in found:
            assert each.params == http_sf.ser([members[each.label]])
            assert each.components == tuple(item[0] for item in members[each.label][0])


class TestTime:
    @pytest.mark.parametrize(
        ("created", "expires"),
        [(NOW, 0), (NOW - MAX_AGE_S, 0), (NOW + MAX_AHEAD_S, 0), (NOW - 1, NOW + 1), (NOW, NOW + 10**6)],
    )
    def test_it_counts(self, created: int, expires: int) -> None:
        check_time(_signature(created=created, expires=expires), float(NOW))

    def test_it_is_from_the_future(self) -> None:
        with pytest.raises(BadSignature, match="future"):
            check_time(_signature(created=NOW + MAX_AHEAD_S + 1), float(NOW))

    @pytest.mark.parametrize(("created", "expires"), [(NOW - MAX_AGE_S - 1, 0), (NOW, NOW), (NOW - 1, -1)])
    def test_it_is_over(self, created: int, expires: int) -> None:
        with pytest.raises(Expired):
            check_time(_signature(created=created, expires=expires), float(NOW))

    def test_a_late_end_does_not_make_it_count_longer(self) -> None:
        with pytest.raises(Expired, match="more than 300 s ago"):
            check_time(_signature(created=NOW - MAX_AGE_S - 1, expires=NOW + 10**9), float(NOW))


class TestCoverage:
    @pytest.mark.parametrize(
        "components",
        [
            ("@method", "@authority", "@path", "@query"),
            ("@query", "date", "@path", "@authority", "@method"),
            ("@method", "@authority", "@request-target"),
            ("@method", "@target-uri"),
        ],
    )
    def test_it_says_what_is_asked_for(self, components: tuple[str, ...]) -> None:
        check_coverage(_signature(*components), has_body=False)
        check_coverage(_signature(*components, "content-digest"), has_body=True)
        with pytest.raises(BadSignature, match="does not cover content-digest"):
            check_coverage(_signature(*components), has_body=True)

    @pytest.mark.parametrize(
        ("components", "missing"),
        [
            ((), "@method, @authority, @path, @query"),
            (("@authority", "@path", "@query"), "@method"),
            (("@method", "@path", "@query"), "@authority"),
            (("@method", "host", "@path", "@query"), "@authority"),
            (("@method", "@authority", "@path"), "@query"),
            (("@method", "@authority", "@query"), "@path"),
            (("@method", "@request-target"), "@authority"),
            (("@target-uri",), "@method"),
        ],
    )
    def test_something_is_missing(self, components: tuple[str, ...], missing: str) -> None:
        with pytest.raises(BadSignature, match=f"does not cover {missing}$"):
            check_coverage(_signature(*components), has_body=False)
