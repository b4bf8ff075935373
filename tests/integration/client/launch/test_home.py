"""The home on disk, and ports."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tagent_client.cli.launch.home import Home, HomeTakenError, write_secret
from tagent_client.cli.launch.ports import (
    PortTakenError,
    WantedPort,
    check_free,
    free_ports,
    is_free,
)
from tagent_client.settings import UpFile, read_up_file

pytestmark = pytest.mark.integration


def test_one_up_at_a_time(tmp_path: Path) -> None:
    with Home(tmp_path / "home") as home:
        home.tell_others(UpFile(pid=7, url="http://127.0.0.1:1"))
        with pytest.raises(HomeTakenError, match="process 7"), Home(tmp_path / "home"):
            pass
        assert read_up_file(home.path) is not None
    assert read_up_file(home.path) is None
    with Home(tmp_path / "home"):
        pass


def test_a_secret_is_its_owner_s_alone_from_the_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "tokens" / "sidecars" / "chat"
    write_secret(path, "one\n")
    write_secret(path, "two\n")
    assert path.read_text() == "two\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["chat"]


def test_a_taken_port_is_named_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        assert not is_free(number)
        wanted = [
            WantedPort("the platform", "--platform-port", number),
            WantedPort("x", "--x", number),
        ]
        with pytest.raises(PortTakenError) as caught:
            check_free(wanted)
    first, second = str(caught.value).splitlines()
    assert (
        first
        == f"port {number}, for the platform, is taken by another program; choose another with --platform-port"
    )
    assert "both the platform and x" in second


def test_free_ports_are_free_and_different() -> None:
    ports = free_ports(8)
    assert len(set(ports)) == 8
    check_free([WantedPort(str(port), "--port", port) for port in ports])
