"""How far a roll-out has come, by what the service says of itself and, where it is known, by its operation. Pure.

While `reconciling`, what the service says of revisions and traffic is in motion. When a roll-out failed, the service keeps the last revision
that served, and `terminal_condition` says why.
"""

from __future__ import annotations

from google.cloud import run_v2
from google.longrunning import operations_pb2

from tagent_contract.incidents import RollOutState
from tagent_platform.adapters.runtime.cloud_run.traffic import serving, short
from tagent_platform.core.roll_outs import RollOut

TEXT_LENGTH_MAX = 300
_FAILED = run_v2.Condition.State.CONDITION_FAILED
_DONE = run_v2.Condition.State.CONDITION_SUCCEEDED


def restart_of(
    service: run_v2.Service,
    known: RollOut | None = None,
    operation: operations_pb2.Operation | None = None,
) -> RollOut:
    """Return how a restart goes; the newest revision is what it is about, whoever made one after us."""
    newest = short(service.latest_created_revision)
    replaced = known.replaced if known is not None else ""
    revision = newest if newest != replaced else ""
    failure = _failure(service, operation)
    if failure is not None:
        text = f"{_named(revision, 'the new revision')} did not come to serve, the old one still does: {failure}"
        return _roll_out(known, RollOutState.FAILED, revision, text)
    if _is_moving(service, operation):
        text = f"{_named(revision, 'a new revision')} is made: {_stage(service)}"
        return _roll_out(known, RollOutState.RUNNING, revision, text)
    if not revision:
        text = "Cloud Run took the restart and made no new revision of it"
        return _roll_out(known, RollOutState.FAILED, revision, text)
    if revision not in serving(service):
        text = f"revision {revision} is ready, and traffic does not go to it yet"
        return _roll_out(known, RollOutState.RUNNING, revision, text)
    return _roll_out(known, RollOutState.SERVING, revision, f"revision {revision} serves")


def roll_back_of(
    service: run_v2.Service,
    known: RollOut,
    operation: operations_pb2.Operation | None = None,
) -> RollOut:
    """Return how traffic's way back to an earlier revision goes.

    The service may say that its newest revision failed, which is why it is rolled back; so traffic comes first.
    """
    revision = known.revision
    if serving(service) == {revision} and not service.reconciling:
        text = f"revision {revision} serves again, in place of {known.replaced}"
        return _roll_out(known, RollOutState.SERVING, revision, text)
    if operation is not None and operation.done and operation.HasField("error"):
        text = (
            f"traffic did not go back to revision {revision}: {_bounded(operation.error.message)}"
        )
        return _roll_out(known, RollOutState.FAILED, revision, text)
    text = f"traffic goes back to revision {revision}: {_stage(service)}"
    return _roll_out(known, RollOutState.RUNNING, revision, text)


def _roll_out(known: RollOut | None, state: RollOutState, revision: str, text: str) -> RollOut:
    return RollOut(
        state=state,
        text=text,
        revision=revision,
        operation=known.operation if known is not None else "",
        replaced=known.replaced if known is not None else "",
    )


def _failure(service: run_v2.Service, operation: operations_pb2.Operation | None) -> str | None:
    """Return why it failed, None while it may succeed."""
    if operation is not None and operation.done and operation.HasField("error"):
        return _bounded(operation.error.message or f"code {operation.error.code}")
    if _is_moving(service, operation):
        return None
    condition = service.terminal_condition
    if condition.state == _FAILED:
        return _bounded(condition.message or "Cloud Run gives no reason")
    return None


def _is_moving(service: run_v2.Service, operation: operations_pb2.Operation | None) -> bool:
    if operation is not None:
        return not operation.done
    return service.reconciling or service.terminal_condition.state not in (_FAILED, _DONE)


def _stage(service: run_v2.Service) -> str:
    """Return what the roll-out is waiting for, in the runtime's words."""
    waiting = [c for c in service.conditions if c.state != _DONE]
    told = next((c for c in waiting if c.message), None)
    if told is not None:
        return _bounded(f"{told.type_}: {told.message}")
    names = [condition.type_ for condition in waiting if condition.type_]
    return f"waits for {' and '.join(names)}" if names else "under way"


def _named(revision: str, otherwise: str) -> str:
    return f"revision {revision}" if revision else otherwise


def _bounded(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= TEXT_LENGTH_MAX else f"{plain[:TEXT_LENGTH_MAX]} ..."
