"""The HTTP of a Prometheus-compatible engine: one call, bounded in time and in size, and one of two errors."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from tagent_platform.adapters.series.prometheus_options import (
    OptionError,
    PrometheusOptions,
    read_secret,
)
from tagent_platform.adapters.series.prometheus_write import HEADERS
from tagent_platform.ports.clock import Clock

ANSWER_BYTES_MAX = 64 * 2**20
ANSWER_SHOWN_MAX = 200
REFUSES_CONTENT = frozenset({400, 413, 422})
"""Statuses that blame what was sent. All others are about the engine, our access to it or the way there, and may pass."""


class EngineError(Exception):
    """It did not do what it was asked; one phrase that says why."""


class ContentRefusedError(EngineError):
    """Sending the same again would be in vain."""


class EngineAwayError(EngineError):
    """It may be taken later, after `retry_after_s` if the engine says so."""

    def __init__(self, text: str, retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class EngineFailedError(EngineAwayError):
    """It answered 500: its own failure, or one sample of many that it cannot take (Prometheus before 2.51 says so of one that is too old)."""


class Engine:
    """Writes and asks. Any thread may use it."""

    def __init__(self, options: PrometheusOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._client = httpx.Client(
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=8, keepalive_expiry=60),
        )

    def write(self, body: bytes) -> None:
        """Remote-write a body. Raises ContentRefusedError or EngineAwayError."""
        options = self._options
        self._call(
            options.write_url, dict(HEADERS), content=body, timeout_s=options.write_timeout_s
        )

    def ask(self, path: str, parameters: Mapping[str, str]) -> bytes:
        """Return the body of an answer. Raises ContentRefusedError or EngineAwayError."""
        options = self._options
        url = options.query_url.rstrip("/") + path
        headers = {"accept": "application/json", "user-agent": HEADERS["user-agent"]}
        return self._call(url, headers, form=parameters, timeout_s=options.query_timeout_s)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _call(
        self,
        url: str,
        headers: dict[str, str],
        *,
        timeout_s: float,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
    ) -> bytes:
        until = self._clock.monotonic() + timeout_s
        try:
            request = self._client.build_request(
                "POST",
                url,
                headers={**headers, **self._access_headers()},
                content=content,
                data=form,
                timeout=timeout_s,
            )
            answer = self._client.send(request, stream=True, auth=self._basic())
            try:
                body = self._read(answer, until)
            finally:
                answer.close()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise EngineAwayError(_why(error, timeout_s)) from error
        except OptionError as error:
            raise EngineAwayError(str(error)) from error
        return _judge(answer, body)

    def _access_headers(self) -> dict[str, str]:
        options = self._options
        headers = {}
        token = options.bearer_token
        if options.bearer_token_file:
            token = read_secret(options.bearer_token_file, "bearer_token_file")
        if token:
            headers["authorization"] = f"Bearer {token}"
        if options.tenant:
            headers["x-scope-orgid"] = options.tenant
        return headers

    def _basic(self) -> httpx.BasicAuth | None:
        options = self._options
        if not options.user:
            return None
        password = options.password
        if options.password_file:
            password = read_secret(options.password_file, "password_file")
        return httpx.BasicAuth(options.user, password)

    def _read(self, answer: httpx.Response, until: float) -> bytes:
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > ANSWER_BYTES_MAX:
                raise EngineAwayError(f"it answered more than {ANSWER_BYTES_MAX >> 20} MiB")
            if self._clock.monotonic() > until:
                raise EngineAwayError("its answer took too long")
        return bytes(body)


def _why(error: Exception, timeout_s: float) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"it did not answer within {timeout_s:g} s"
    return f"it cannot be reached: {str(error) or type(error).__name__}"


def _judge(answer: httpx.Response, body: bytes) -> bytes:
    if answer.is_success:
        return body
    shown = " ".join(body[:ANSWER_SHOWN_MAX].decode("utf-8", "replace").split())
    said = f"it answered {answer.status_code}: {shown!r}"
    if answer.status_code in REFUSES_CONTENT:
        raise ContentRefusedError(said)
    if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
        raise EngineFailedError(said)
    raise EngineAwayError(said, _retry_after_s(answer.headers.get("retry-after", "")))


def _retry_after_s(text: str) -> float | None:
    # The other form, a date, is for people's clocks; back-off does without.
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
