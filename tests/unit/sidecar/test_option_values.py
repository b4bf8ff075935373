from __future__ import annotations

import pytest

from tagent_sidecar import option_values as values
from tagent_sidecar.option_values import HostPort


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:80", HostPort("127.0.0.1", 80)),
        ("[::1]:0", HostPort("::1", 0)),
        ("my-host.example:65535", HostPort("my-host.example", 65535)),
    ],
)
def test_places_are_read_and_written_alike(text: str, place: HostPort) -> None:
    assert values.host_port(text) == place
    assert place.text == text


@pytest.mark.parametrize(
    "text", ["", ":80", "host", "host:", "host:x", "host:-1", "[::1", "[x]:1", "a b:1", "h:٣"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|no port"):
        values.host_port(text)


@pytest.mark.parametrize("text", ["127.0.0.1:0", "127.1.2.3:9", "[::1]:9", "localhost:9"])
def test_the_admin_port_is_for_this_machine(text: str) -> None:
    assert values.loopback_host_port(text) is not None


@pytest.mark.parametrize("text", ["0.0.0.0:9", "10.0.0.1:9", "[::]:9", "example.org:9"])
def test_the_admin_port_is_for_nobody_else(text: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        values.loopback_host_port(text)


def test_the_admin_port_can_be_off() -> None:
    assert values.loopback_host_port("off") is None


@pytest.mark.parametrize("text", ["", "two words", "new\nline", "é", "x" * 5000])
def test_a_token_is_one_word(text: str) -> None:
    with pytest.raises(ValueError, match="is not a token"):
        values.token(text)
