"""What an error of Google's API means, and what to do about it: one typed error and one sentence each. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from google.api_core import exceptions as api
from google.auth import exceptions as auth

from tagent_platform.adapters.runtime.cloud_run.places import RunService
from tagent_platform.ports.runtime import (
    ChangedMeanwhileError,
    PermissionMissingError,
    QuotaExceededError,
    RefusedByRuntimeError,
    RuntimeFailureError,
    ServiceNotThereError,
    TimedOutError,
    UnreachableError,
)

SAID_LENGTH_MAX = 300
ACT_AS = "iam.serviceaccounts.actas"
NO_ANSWER = (
    api.ServiceUnavailable,
    api.DeadlineExceeded,
    api.InternalServerError,
    api.RetryError,
    auth.TransportError,
)
"""After these nobody knows whether what was asked for was done."""


def failure_of(error: Exception, service: RunService, doing: str) -> RuntimeFailureError:
    """Return the error as the port has it; `doing` is a verb, such as `restart`."""
    where = f"Cloud Run service {service.path}"
    said = _said(error)
    for kind, make in _BY_KIND.items():
        if isinstance(error, kind):
            return make(where, doing, said)
    return RuntimeFailureError(f"Cloud Run did not {doing} {where}: {said}")


def _permission(where: str, doing: str, said: str) -> RuntimeFailureError:
    if ACT_AS in said.lower():
        return PermissionMissingError(
            f"the platform may not {doing} {where}: give its service account roles/iam.serviceAccountUser on the service account that "
            f"this service runs as ({said})"
        )
    return PermissionMissingError(
        f"the platform may not {doing} {where}: give its service account roles/run.developer on that service ({said})"
    )


def _no_login(where: str, doing: str, said: str) -> RuntimeFailureError:
    return PermissionMissingError(
        f"the platform has no Google credentials with which to {doing} {where}: run it as a service account, or set "
        f"GOOGLE_APPLICATION_CREDENTIALS ({said})"
    )


def _not_there(where: str, doing: str, said: str) -> RuntimeFailureError:
    return ServiceNotThereError(
        f"there is no {where} to {doing}: check TAGENT_CLOUD_RUN_PROJECT, TAGENT_CLOUD_RUN_REGION and TAGENT_CLOUD_RUN_SERVICES ({said})"
    )


def _changed(where: str, doing: str, said: str) -> RuntimeFailureError:
    return ChangedMeanwhileError(
        f"somebody else changes {where} at the same time, so it was not possible to {doing} it; it is tried again ({said})"
    )


def _taken(where: str, doing: str, said: str) -> RuntimeFailureError:
    return RefusedByRuntimeError(
        f"Cloud Run would not {doing} {where}, since its template names a revision that exists: leave template.revision out ({said})"
    )


def _quota(where: str, doing: str, said: str) -> RuntimeFailureError:
    return QuotaExceededError(
        f"Google's quota is used up, so it was not possible to {doing} {where}: it is tried again; ask for more on the project's Quotas "
        f"page if this comes back ({said})"
    )


def _refused(where: str, doing: str, said: str) -> RuntimeFailureError:
    return RefusedByRuntimeError(
        f"Cloud Run refuses to {doing} {where}; mend its configuration: {said}"
    )


def _timed_out(where: str, doing: str, said: str) -> RuntimeFailureError:
    return TimedOutError(f"Cloud Run did not answer in time when asked to {doing} {where}: {said}")


def _unreachable(where: str, doing: str, said: str) -> RuntimeFailureError:
    return UnreachableError(f"Cloud Run cannot be reached to {doing} {where}: {said}")


_BY_KIND: Mapping[type[Exception], Callable[[str, str, str], RuntimeFailureError]] = {
    api.PermissionDenied: _permission,
    api.Forbidden: _permission,
    api.Unauthenticated: _no_login,
    api.Unauthorized: _no_login,
    auth.DefaultCredentialsError: _no_login,
    auth.RefreshError: _no_login,
    api.NotFound: _not_there,
    api.AlreadyExists: _taken,
    api.Aborted: _changed,
    api.Conflict: _changed,
    api.ResourceExhausted: _quota,
    api.TooManyRequests: _quota,
    api.FailedPrecondition: _refused,
    api.BadRequest: _refused,
    api.DeadlineExceeded: _timed_out,
    api.GatewayTimeout: _timed_out,
    TimeoutError: _timed_out,
    api.RetryError: _unreachable,
    api.ServerError: _unreachable,
    auth.TransportError: _unreachable,
    OSError: _unreachable,
}
"""The first that fits: a kind stands before those that it is one of."""


def _said(error: Exception) -> str:
    message = getattr(error, "message", None) or str(error) or type(error).__name__
    text = " ".join(str(message).split())
    return text if len(text) <= SAID_LENGTH_MAX else f"{text[:SAID_LENGTH_MAX]} ..."
