"""A process that has a child, helpers and a stopped stranger as a sidecar has them; run by tests that kill it.

`sidecar_like.py PID_FILE SCRIPT`: runs the shell script as its service, `cpu` and `memory` beside it, and `hang` on the
process in the pid file (empty: none). What the service says, and then the pids of ours, go to standard output.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from tagent_contract.faults import Cpu, Hang, Memory
from tagent_contract.policy import RestartPolicy
from tagent_sidecar.supervisor.process_faults import ProcessFaults
from tagent_sidecar.supervisor.processes import OwnProcess, Processes
from tagent_sidecar.supervisor.supervised import SupervisedService
from tagent_sidecar.supervisor.watched import WatchedService


class Printer:
    def __init__(self) -> None:
        self.done = 0

    def incarnation_started(self, incarnation: str, detail: str) -> None:
        pass

    def incarnation_ended(self, incarnation: str) -> None:
        pass

    def service_down(self, detail: str, *, gave_up: bool) -> None:
        pass

    def log_line(self, stream: str, text: str) -> None:
        pass

    def process_fault_done(self, fault_id: str) -> None:
        self.done += 1

    def process_fault_failed(self, fault_id: str, detail: str) -> None:
        raise SystemExit(f"{fault_id} failed: {detail}")


class PrintedProcesses(Processes):
    def start(self, *args, **kwargs) -> OwnProcess:  # type: ignore[no-untyped-def]
        process = super().start(*args, **kwargs)
        os.write(1, f"started {process.pid}\n".encode())
        return process


async def run(pid_file: str, script: str) -> None:
    printer, processes = Printer(), PrintedProcesses(adopt=True)
    environment = {"PATH": os.defpath}
    service = SupervisedService(
        ["sh", "-c", script], environment, printer, processes, policy=RestartPolicy()
    )
    await service.start()
    faults = ProcessFaults(service, processes, printer, environment)
    until = time.monotonic() + 1000
    faults.start("cpu", Cpu(load_ratio=0.01), until)
    faults.start("memory", Memory(bytes=2**20), until)
    if pid_file:
        stranger = WatchedService(printer, pid_file=Path(pid_file))
        await stranger.start()
        ProcessFaults(stranger, processes, printer, environment).start("hang", Hang(), until)
    while printer.done < 2 + bool(pid_file):
        await asyncio.sleep(0.01)
    os.write(1, b"all in force\n")
    await asyncio.sleep(1000)


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
