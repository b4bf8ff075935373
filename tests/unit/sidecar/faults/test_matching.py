from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagent_contract.faults import Match
from tagent_sidecar.faults.matching import compile_match, glob_matches, header_values, path_of

HEAD = b"GET /v1/items?q=1 HTTP/1.1\r\nHost: a\r\nX-Tenant:  test \r\nx-tenant: other\r\nEmpty:\r\n\r\n"


def matches(match: Match, method: bytes = b"GET", target: bytes = b"/v1/items?q=1") -> bool:
    test = compile_match(match)
    return test is None or test(method, target, HEAD)


def test_an_empty_match_needs_no_test() -> None:
    assert compile_match(Match()) is None


def test_the_method_must_be_the_same() -> None:
    assert matches(Match(method="GET"))
    assert not matches(Match(method="POST"))
    assert not matches(Match(method="GE"))


@pytest.mark.parametrize(
    "path", ["/v1/items", "/v1/*", "*", "/*/items", "*items", "/v1/items*", "/v*1*s"]
)
def test_a_path_matches_without_its_query(path: str) -> None:
    assert matches(Match(path=path))


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/items/*", "/v2/*", "/V1/items", "*q=1", "/v1/*items*x"]
)
def test_another_path_does_not_match(path: str) -> None:
    assert not matches(Match(path=path))


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/a/b?c=/d", b"/a/b"),
        (b"http://host:1/a?b", b"/a"),
        (b"http://host", b"/"),
        (b"*", b"*"),
        (b"host:443", b"host:443"),
        (b"", b""),
    ],
)
def test_a_path_is_read_from_every_form_of_target(target: bytes, path: bytes) -> None:
    assert path_of(target) == path


def test_headers_match_by_name_in_any_case_and_by_any_of_their_values() -> None:
    assert matches(Match(headers={"X-TENANT": "test"}))
    assert matches(Match(headers={"x-tenant": "other"}))
    assert matches(Match(headers={"x-tenant": "test", "host": "a", "empty": ""}))
    assert not matches(Match(headers={"x-tenant": "Test"}))
    assert not matches(Match(headers={"tenant": "test"}))
    assert not matches(Match(headers={"x-tenant": "test", "host": "b"}))


def test_all_parts_of_a_match_must_hold() -> None:
    assert matches(Match(method="GET", path="/v1/*", headers={"host": "a"}))
    assert not matches(Match(method="GET", path="/v2/*", headers={"host": "a"}))


def test_header_values_come_in_their_order_without_blanks() -> None:
    assert header_values(HEAD, b"x-tenant") == [b"test", b"other"]
    assert header_values(HEAD, b"empty") == [b""]
    assert header_values(HEAD, b"missing") == []


@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
def test_the_glob_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
    assert glob_matches(pattern.encode().split(b"*"), text.encode()) == expected


def test_a_nasty_pattern_takes_no_time() -> None:
    assert not glob_matches([b"", *[b"a"] * 400, b"b"], b"a" * 8000)
