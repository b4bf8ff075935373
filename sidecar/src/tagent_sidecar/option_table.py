"""Every option of `tagent-sidecar run`, one row each: its flag, its variable, its default, what it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tagent_sidecar import option_values as values

VARIABLE_PREFIX = "TAGENT_"


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option. `name` is `check-path`: the flag is `--check-path`, the variable `TAGENT_CHECK_PATH`."""

    group: str
    name: str
    metavar: str
    read: Callable[[str], Any]
    default: str | None
    help: str

    @property
    def key(self) -> str:
        """Return the name as a Python identifier."""
        return self.name.replace("-", "_")

    @property
    def flag(self) -> str:
        """Return how it is written on the command line."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """Return the environment variable that stands in for the flag."""
        return VARIABLE_PREFIX + self.key.upper()


def one_of(*words: str) -> Callable[[str], str]:
    """Return a reader that takes these words alone."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"is not one of: {', '.join(words)}")
        return text

    return read


_SERVICE = "what it stands beside"
_PLATFORM = "the platform (without --platform-url it works alone)"
_CHECKS = "health checks"
_POLICY = "policy, until the platform's plan brings the service's own"
_LIMITS = "intervals and limits"

ROWS: tuple[OptionRow, ...] = tuple(
    OptionRow(*row)
    for row in (
        (_SERVICE, "service", "NAME", values.plain, None, "the logical service's name; on Cloud Run its service's, if none is given"),
        (_SERVICE, "listen", "HOST:PORT", values.host_port, None, "where callers connect; port 0 takes a free one; 0.0.0.0:$PORT where PORT is set, as on Cloud Run"),
        (_SERVICE, "target", "HOST:PORT", values.target_host_port, None, "where the service itself listens"),
        (_SERVICE, "protocol", "http|tcp", one_of("http", "tcp"), "http", "tcp for what is not HTTP/1.1, such as gRPC"),
        (_SERVICE, "instance", "NAME", values.plain, None, "this copy's name; default: Cloud Run instance id, pod name or container hostname where there is one, else SERVICE-PORT"),
        (_SERVICE, "address", "HOST:PORT", values.plain, None, "where callers reach it if that is not the listen address"),
        (_SERVICE, "pid-file", "FILE", values.plain, None, "where a service that something else runs writes its process id, for crash, hang and figures"),
        (_SERVICE, "mode", "heal|check|off", one_of("heal", "check", "off"), "heal", "check and off leave an exited service down"),
        (_PLATFORM, "platform-url", "URL", values.plain, None, "such as http://127.0.0.1:8000"),
        (_PLATFORM, "token-file", "FILE", values.plain, None, "a file with the sidecar's token; else TAGENT_TOKEN holds it"),
        (_PLATFORM, "platform-ca-file", "FILE", values.plain, None, "certificates to trust instead of the system's, for https"),
        (_PLATFORM, "id-token-audience", "URL|off", values.plain, None, "show a Google ID token for this audience, for a private Cloud Run service; default: the platform's own URL if it is on run.app"),
        (_PLATFORM, "report-interval-s", "S", values.positive_seconds, "5", "between reports when nothing changes"),
        (_PLATFORM, "report-timeout-s", "S", values.positive_seconds, "5", "for one report"),
        (_PLATFORM, "plan-wait-s", "S", values.seconds, "10", "how long the platform may hold a plan request; 0: ask plainly"),
        (_PLATFORM, "plan-interval-s", "S", values.positive_seconds, "1", "between plan requests with --plan-wait-s 0"),
        (_PLATFORM, "lease-s", "S", values.positive_seconds, "15", "faults end this long after the platform last confirmed the plan"),
        (_PLATFORM, "confirmed-age-max-s", "S", values.positive_seconds, "10", "an older confirmation does not count"),
        (_PLATFORM, "retry-longest-s", "S", values.positive_seconds, "5", "the longest wait before an unreachable platform is tried again"),
        (_PLATFORM, "slow-retry-s", "S", values.positive_seconds, "30", "the wait after an answer that only a person can mend, such as a refused token"),
        (_CHECKS, "check", "http|tcp|exec", one_of("http", "tcp", "exec"), None, "how health is checked; default: http, or tcp with --protocol tcp"),
        (_CHECKS, "check-path", "PATH", values.http_path, "/healthz", "what an http check asks for"),
        (_CHECKS, "check-command", "COMMAND", values.plain, None, "what an exec check runs, split as a shell would, run without one"),
        (_CHECKS, "check-interval-s", "S", values.positive_seconds, "1", "between checks"),
        (_CHECKS, "inside-timeout-s", "S", values.positive_seconds, "1", "for a check straight at the service"),
        (_CHECKS, "outside-timeout-s", "S", values.positive_seconds, "5", "for a check through the proxy"),
        (_CHECKS, "failure-threshold", "N", values.positive_count, "3", "failures in a row that count as failing"),
        (_CHECKS, "success-threshold", "N", values.positive_count, "2", "passes in a row that end it"),
        (_CHECKS, "startup-timeout-s", "S", values.seconds, "30", "how long a start may take before failures count"),
        (_POLICY, "window-s", "S", values.positive_seconds, "10", "the requests that health is judged by"),
        (_POLICY, "requests-min", "N", values.positive_count, "10", "fewer requests than this: judged by checks"),
        (_POLICY, "latency-limit-ms", "MS", values.number, "1000", "p95 over this is DEGRADED"),
        (_POLICY, "error-ratio-degraded", "RATIO", values.number, "0.05", "errors over this are DEGRADED"),
        (_POLICY, "error-ratio-unhealthy", "RATIO", values.number, "0.5", "errors over this are UNHEALTHY"),
        (_POLICY, "backoff-first-s", "S", values.seconds, "10", "before the second restart; doubled for each further one"),
        (_POLICY, "backoff-max-s", "S", values.seconds, "300", "the longest wait before a restart"),
        (_POLICY, "intensity", "N", values.positive_count, "3", "restarts within --intensity-window-s, then it gives up"),
        (_POLICY, "intensity-window-s", "S", values.positive_seconds, "1800", "see --intensity"),
        (_POLICY, "reset-after-s", "S", values.positive_seconds, "600", "healthy for so long sets restarts back"),
        (_POLICY, "stop-grace-s", "S", values.seconds, "10", "from SIGTERM to SIGKILL when the service is stopped"),
        (_LIMITS, "admin", "HOST:PORT|off", values.loopback_host_port, "127.0.0.1:0", "where /healthz, /metrics and /faults are read, on this machine alone"),
        (_LIMITS, "drain-timeout-s", "S", values.seconds, "10", "at the end: for requests that are still answered"),
        (_LIMITS, "buffer-windows", "N", values.positive_count, "720", "windows of figures kept while the platform is away"),
        (_LIMITS, "buffer-log-lines", "N", values.positive_count, "500", "log lines kept while the platform is away"),
        (_LIMITS, "connections-max", "N", values.positive_count, "8192", "connections of callers at a time"),
        (_LIMITS, "head-timeout-s", "S", values.positive_seconds, "10", "for a caller to send a request's head"),
        (_LIMITS, "connect-timeout-s", "S", values.positive_seconds, "5", "for the service to accept a connection"),
        (_LIMITS, "log-level", "LEVEL", one_of("debug", "info", "warning", "error"), "info", "how much it says of itself on stderr"),
    )
)  # fmt: skip
