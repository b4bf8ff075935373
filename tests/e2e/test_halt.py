"""Halt ends everything, everywhere, and keeps new faults out, whatever else happens."""

from __future__ import annotations

import threading

import pytest

from tagent_client.errors import ApiError
from tagent_contract.faults import Error, FaultState, Healing, Latency
from tests.e2e.fleet import fleet
from tests.e2e.processes import eventually, holds
from tests.e2e.stack import Stack

SIDECARS = 200
QUIET = Latency(latency_ms=1, ttl_s=300, healing=Healing.SUPPRESS)


def test_two_hundred_sidecars_stop_acknowledge_and_stay_stopped_over_a_restart(
    running: Stack,
) -> None:
    with fleet(running, SIDECARS, interval_s=1.0) as many, running.client() as client:
        eventually("all to be known", lambda: len(client.services()) == SIDECARS)
        for sidecar in many.sidecars:
            client.inject(sidecar.service, QUIET)
        eventually("all to inject", lambda: many.active == SIDECARS)

        halted = client.halt("something is wrong with this game day")
        assert halted.halted
        eventually("all to stop", lambda: many.active == 0)
        eventually("all to acknowledge", lambda: client.halt_state().faults_ending == 0)
        ended = list(client.faults())
        assert len(ended) == SIDECARS
        assert {fault.state for fault in ended} == {FaultState.HALTED}
        with pytest.raises(ApiError) as refused:
            client.inject("svc-000", QUIET)
        assert (refused.value.status, refused.value.reason) == (409, "halted")

        running.kill_platform()
        running.start_platform()
        assert client.halt_state().reason == "something is wrong with this game day"
        with pytest.raises(ApiError) as refused:
            client.inject("svc-000", QUIET)
        assert refused.value.reason == "halted"
        holds("nobody injects", lambda: many.active == 0, 1.0)

        client.release()
        eventually("it to be live again", lambda: _injected(running))
        client.clear("svc-000")


def _injected(running: Stack) -> bool:
    try:
        with running.client() as client:
            client.inject("svc-000", QUIET)
    except ApiError:
        return False
    return True


def test_inject_racing_halt_never_leaves_a_fault_behind(running: Stack) -> None:
    services = 12
    refusals: list[int] = []
    with fleet(running, services) as many, running.client() as client:
        eventually("all to be known", lambda: len(client.services()) == services)
        for round_number in range(10):
            begin = threading.Barrier(services + 1)

            def inject(
                service: str, status: int = 400 + round_number, begin: threading.Barrier = begin
            ) -> None:
                with running.client() as mine:
                    begin.wait()
                    for attempt in range(5):
                        try:
                            mine.inject(
                                service,
                                Error(
                                    http_status=status + 10 * attempt,
                                    ttl_s=300,
                                    healing=Healing.SUPPRESS,
                                ),
                            )
                        except ApiError as refused:
                            refusals.append(refused.status)
                            return

            threads = [
                threading.Thread(target=inject, args=(one.service,)) for one in many.sidecars
            ]
            for thread in threads:
                thread.start()
            begin.wait()
            client.halt(f"round {round_number}")
            for thread in threads:
                thread.join(30)
            eventually("no fault to be left", lambda: not list(client.faults(active=True)))
            assert many.active == 0
            client.release()
    assert set(refusals) <= {409}
