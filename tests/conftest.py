"""What holds for every test."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

from tests.e2e.processes import last_words
from tests.fakes.firestore_emulator import NotHereError, firestore_emulator
from tests.fakes.prometheus import MISSING, PrometheusProcess
from tests.fakes.prometheus import is_here as prometheus_is_here

# Time is never an assertion here, so neither is an example's. CI repeats the same examples, so that a red run is of its change's making;
# everywhere else new ones are drawn each time.
settings.register_profile(
    "here", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the test's processes said: its fixtures end them before anybody could look."""
    report = yield
    if report.failed and (said := last_words()):
        report.sections.append(("what its processes said", said))
    return report


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusProcess]:
    """One real Prometheus for each test process; its clock is nobody's, so tests may be at any time of the fake clock."""
    if not prometheus_is_here:
        pytest.skip(MISSING)
    process = PrometheusProcess(tmp_path_factory.mktemp("prometheus"))
    process.start()
    yield process
    process.kill()


# A shell that runs something in the background has it ignore Ctrl-C, and so would each command that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def firestore_host() -> Iterator[str]:
    """The address of Google's Firestore emulator; a test that wants it is skipped where it cannot be had."""
    with ExitStack() as stack:
        try:
            host = stack.enter_context(firestore_emulator())
        except NotHereError as reason:
            pytest.skip(f"no Firestore emulator: {reason}")
        yield host
