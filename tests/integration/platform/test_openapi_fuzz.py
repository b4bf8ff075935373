"""Everything that the OpenAPI document allows, and much that it does not, never makes the platform fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tagent_contract import wire
from tagent_contract.reports import Batch
from tagent_platform.api import examples
from tests.fakes.platform_process import PlatformProcess

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SERVICE = examples.REPORT.service
EXAMPLES = 3
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    """A platform that knows one service, lets nobody wait long, and counts no requests."""
    process = PlatformProcess(
        tmp_path_factory.mktemp("platform"),
        TAGENT_STORE="memory",
        TAGENT_LONG_POLL_WAIT_S_MAX="0.05",
        TAGENT_REQUESTS_PER_S="100000",
        TAGENT_OFFLINE_AFTER_S="3600",
    )
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def sidecar_token(platform: PlatformProcess) -> str:
    token = platform.sidecar_token(SERVICE)
    body = wire.encode(Batch(reports=(examples.REPORT,)))
    assert platform.ask("POST", "/telemetry", token=token, content=body).status_code == 200
    return token


def operations(platform: PlatformProcess) -> Iterator[APIOperation]:
    schema = schemathesis.openapi.from_url(f"{platform.url}/openapi.json")
    # An event stream has no end.
    for found in schema.exclude(path="/api/v1/events/stream").get_all_operations():
        yield found.ok()


def test_nothing_that_is_asked_makes_the_platform_fail(
    platform: PlatformProcess, sidecar_token: str
) -> None:
    asked = 0

    def ask(case: Case) -> None:
        nonlocal asked
        asked += 1
        is_sidecars = "sidecars" in (case.operation.tags or [])
        token = sidecar_token if is_sidecars else platform.token()
        if len(str(case.path_parameters.get("service", ""))) % 2:
            case.path_parameters["service"] = SERVICE
        response = case.call(headers={"authorization": f"Bearer {token}"}, timeout=20)
        case.validate_response(response, checks=CHECKS)

    for operation in operations(platform):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            run_bounded(operation.as_strategy(generation_mode=mode), ask)
    assert asked > 30 * EXAMPLES


def run_bounded(cases: SearchStrategy[Case], ask: Callable[[Case], None]) -> None:
    @BOUNDED
    @given(case=cases)
    def run(case: Case) -> None:
        ask(case)

    # Where a route takes nothing that could be wrong, there is no wrong request.
    with suppress(Unsatisfiable):
        run()
