"""The link's HTTP client against servers that behave in every way a server can."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tagent_sidecar.platform_link.http import HttpClient, LinkError, parse_address

pytestmark = pytest.mark.integration

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


class Server:
    """Answers each request with the next of its answers, and closes after the last."""

    def __init__(self, *answers: bytes, delay_s: float = 0.0, ends: bool = True) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.delay_s = delay_s
        self.ends = ends

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                await asyncio.sleep(self.delay_s)
                writer.write(self.answers.pop(0))
                await writer.drain()
            if not self.ends:
                await reader.read()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def client_of(
    server: Server, *, tls: ssl.SSLContext | None = None, ca_file: str | None = None, path: str = ""
) -> AsyncIterator[HttpClient]:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls) as listening:
        port = listening.sockets[0].getsockname()[1]
        scheme = "https" if tls else "http"
        host = "localhost" if tls else "127.0.0.1"
        address = parse_address(f"{scheme}://{host}:{port}{path}")
        client = HttpClient(
            address, {"authorization": "Bearer t"}, ca_file=ca_file, answer_bytes_max=100_000
        )
        yield client
        await client.close()


async def test_a_request_carries_its_headers_and_an_answer_comes_back() -> None:
    server = Server(OK)
    async with client_of(server, path="/base/") as client:
        answer = await client.request("GET", "/x?y=1", timeout_s=5)
    assert (answer.status, answer.body) == (200, b"hi")
    assert server.requests[0].startswith(b"GET /base/x?y=1 HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"authorization: Bearer t\r\n" in server.requests[0]


async def test_the_connection_is_kept() -> None:
    not_modified = b"HTTP/1.1 304 x\r\ntagent-confirmed-age-s: 0.1\r\n\r\n"
    chunked = b"HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nt: 1\r\n\r\n"
    early = b"HTTP/1.1 103 x\r\nlink: y\r\n\r\n" + OK
    server = Server(OK, not_modified, chunked, early, ends=False)
    async with client_of(server) as client:
        bodies = [(await client.request("GET", "/", timeout_s=5)).body for _ in range(4)]
    assert bodies == [b"hi", b"", b"abcde", b"hi"]
    assert server.connections == 1


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced() -> None:
    server = Server(OK)
    async with client_of(server) as client:
        await client.request("GET", "/", timeout_s=5)
        await asyncio.sleep(0.05)
        server.answers = [OK]
        assert (await client.request("GET", "/", timeout_s=5)).status == 200
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 x\r\nconnection: close\r\n\r\nto the end",
        b"HTTP/1.0 200 x\r\n\r\nto the end",
    ],
)
async def test_a_body_may_last_to_the_connections_end(answer: bytes) -> None:
    async with client_of(Server(answer)) as client:
        assert (await client.request("GET", "/", timeout_s=5)).body == b"to the end"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "closed the connection"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 abc\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 x\r\ncontent-length: 5\r\n\r\nhi", "closed the connection"),
        (b"HTTP/1.1 200 x\r\ncontent-length: -5\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 x\r\ncontent-length: two\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 x\r\ncontent-length: 1000000000\r\n\r\n", "longer than"),
        (b"HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\n", "longer than"),
        (b"HTTP/1.1 200 x\r\n\r\n" + b"x" * 200_000, "longer than"),
        (b"HTTP/1.1 200 x\r\n" + b"h: x\r\n" * 20_000 + b"\r\n", "not HTTP"),
    ],
)
async def test_an_answer_that_is_none_is_an_error_in_words(answer: bytes, said: str) -> None:
    async with client_of(Server(answer)) as client:
        with pytest.raises(LinkError, match=said):
            await client.request("GET", "/", timeout_s=5)


async def test_no_request_takes_longer_than_told() -> None:
    async with client_of(Server(OK, delay_s=30)) as client:
        with pytest.raises(LinkError, match="no answer within"):
            await client.request("GET", "/", timeout_s=0.1)


async def test_nobody_there_is_an_error_in_words(
    unused_tcp_port_factory: Callable[[], int],
) -> None:
    client = HttpClient(parse_address(f"http://127.0.0.1:{unused_tcp_port_factory()}"), {})
    with pytest.raises(LinkError, match="is not reachable"):
        await client.request("GET", "/", timeout_s=5)


async def test_an_unknown_name_is_an_error_in_words() -> None:
    client = HttpClient(parse_address("http://no-such-name.invalid"), {})
    with pytest.raises(LinkError, match=r"no-such-name\.invalid"):
        await client.request("GET", "/", timeout_s=5)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


async def test_https_with_a_trusted_certificate(certificate: Path) -> None:
    server = Server(OK, OK, ends=False)
    tls = server_context(certificate)
    async with client_of(server, tls=tls, ca_file=str(certificate / "cert.pem")) as client:
        for _ in range(2):
            assert (await client.request("GET", "/", timeout_s=5)).body == b"hi"
    assert server.connections == 1


async def test_https_with_an_unknown_certificate_is_refused(certificate: Path) -> None:
    server = Server(OK)
    async with client_of(server, tls=server_context(certificate)) as client:
        with pytest.raises(LinkError, match="not trusted"):
            await client.request("GET", "/", timeout_s=5)
    assert server.requests == [], "no token was sent"
