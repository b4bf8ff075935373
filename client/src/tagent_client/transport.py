"""One HTTP call: time-outs, retries that repeat nothing by accident, and problems as exceptions."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from tagent_client.answers import read_answer
from tagent_client.errors import ApiError, ShutOutError, UnreachableError
from tagent_client.google_id_token import GoogleIdTokens, id_tokens_for
from tagent_client.settings import is_loopback
from tagent_client.trust import trust
from tagent_contract.freshness import AFTER_HEADER, VERSION_HEADER, newest
from tagent_contract.problems import Problem

CONNECT_TIMEOUT_S = 3.0
ANSWER_TIMEOUT_S = 15.0
TRIES = 3
RECONNECT_AFTER_S = 0.2
RETRY_AFTER_S_MAX = 5.0
"""A longer Retry-After is the caller's to decide on: it gets the 503."""

Query = Mapping[str, str | int | float | Sequence[str] | None]
"""What follows the question mark: None is left out, several words are given one by one."""

_REPEATABLE = frozenset({"GET", "PUT"})


class Transport:
    """Calls one platform with one token. May be used by several threads.

    Any call is repeated when it cannot have been carried out: after a refused connection, or a 503 with a short Retry-After. After a broken
    connection only one that may be carried out twice: GET and PUT by their meaning, a POST by the Idempotency-Key that each carries. A DELETE
    is not: the second would find nothing to delete, and say that the first had failed. Nothing is repeated after a time-out.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        id_token_audience: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"accept": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        self.url = url
        self._sleep = sleep
        self._id_tokens = id_tokens_for(id_token_audience) if id_token_audience else None
        self._version = ""
        """The newest that an answer named: what was told once is known by every answer after it, whichever process gives it."""
        self._http = httpx.Client(
            base_url=url,
            headers=headers,
            timeout=httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            auth=self._id_tokens,
            follow_redirects=False,
            # A proxy of the environment has no business between two processes of one machine.
            trust_env=not is_loopback(url),
            verify=trust(url),
        )

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Query | None = None,
    ) -> bytes:
        """Return the answer's body. Raises ApiError or UnreachableError."""
        headers = {AFTER_HEADER: self._version} if self._version else {}
        if body is not None:
            headers["content-type"] = "application/json"
        if method == "POST":
            headers["idempotency-key"] = secrets.token_hex(16)
        request = self._http.build_request(
            method,
            path,
            content=None if body is None else msgspec.json.encode(body),
            params=None
            if query is None
            else {key: value for key, value in query.items() if value is not None},
            headers=headers,
        )
        for tries_left in reversed(range(TRIES)):
            wait_s = self._attempt(request, may_wait=tries_left > 0)
            if isinstance(wait_s, bytes):
                return wait_s
            self._sleep(wait_s)
        raise AssertionError("the last try returns or raises")

    def _attempt(self, request: httpx.Request, *, may_wait: bool) -> bytes | float:
        """Return the answer's body, or how long to wait before trying again. Raises on the last try."""
        try:
            response = self._http.send(request)
        except httpx.TransportError as error:
            repeatable = isinstance(error, httpx.ConnectError) or (
                not isinstance(error, httpx.TimeoutException)
                and (request.method in _REPEATABLE or "idempotency-key" in request.headers)
            )
            if may_wait and repeatable:
                return RECONNECT_AFTER_S
            raise self._unreachable(error) from error
        except httpx.HTTPError as error:
            raise UnreachableError(f"the answer of {self.url} cannot be read: {error}") from error
        self._version = newest(self._version, response.headers.get(VERSION_HEADER, self._version))
        wait_s = _retry_after_s(response)
        if (
            response.status_code == httpx.codes.SERVICE_UNAVAILABLE
            and may_wait
            and wait_s is not None
        ):
            return wait_s
        return self._body_of(response)

    def _body_of(self, response: httpx.Response) -> bytes:
        if response.is_success:
            return response.content
        raise problem_of(response, self.url, self._id_tokens)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Open a stream that may stay silent for a minute. Raises ApiError or UnreachableError."""
        timeout = httpx.Timeout(60.0, connect=CONNECT_TIMEOUT_S)
        try:
            with self._http.stream("GET", path, headers=dict(headers), timeout=timeout) as response:
                if not response.is_success:
                    response.read()
                    raise problem_of(response, self.url, self._id_tokens)
                yield response
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        except httpx.HTTPError as error:
            raise UnreachableError(f"the answer of {self.url} cannot be read: {error}") from error

    def _unreachable(self, error: httpx.TransportError) -> UnreachableError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return UnreachableError(
                f"no platform answers at {self.url}; start one with `tagent up`, or set TAGENT_URL"
            )
        if isinstance(error, httpx.TimeoutException):
            return UnreachableError(
                f"the platform at {self.url} did not answer within {ANSWER_TIMEOUT_S:g} s"
            )
        return UnreachableError(f"the connection to the platform at {self.url} broke: {error}")


def _retry_after_s(response: httpx.Response) -> float | None:
    try:
        wait_s = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return wait_s if 0 <= wait_s <= RETRY_AFTER_S_MAX else None


def problem_of(
    response: httpx.Response, url: str, id_tokens: GoogleIdTokens | None = None
) -> ApiError | UnreachableError:
    """Read an error answer; one that is no problem document did not come from a platform."""
    try:
        return ApiError(read_answer(response.content, Problem))
    except msgspec.DecodeError:
        pass
    status = response.status_code
    if id_tokens is not None and status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return ShutOutError(
            f"Cloud Run does not let you through to the platform at {url} (status {status}): {id_tokens.why_refused(status)}"
        )
    return UnreachableError(
        f"what answers at {url} is no Tagent platform (status {status}); check TAGENT_URL"
    )
