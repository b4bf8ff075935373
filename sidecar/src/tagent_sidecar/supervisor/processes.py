"""Every process this sidecar starts: each the leader of its own group, on a leash, seen to its end and reaped."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from tagent_sidecar.supervisor.command import CommandError, death_wish
from tagent_sidecar.supervisor.exit_watch import ExitWatch, open_pidfd
from tagent_sidecar.supervisor.leash import Leash
from tagent_sidecar.supervisor.proc import children_of, family_of, process_state

OnExit = Callable[[int], None]
"""Told how a process ended: its exit code, or the negative number of the signal that killed it."""

DEATH_WAIT_S = 5.0
"""After SIGKILL. Longer takes only a process that waits for broken hardware or a dead network disk."""
ORPHAN_ROUNDS = 2
"""The second finds what the first round's processes had started meanwhile."""


class OwnProcess:
    """One process that we started. When it ends, what is left of its group is killed, it is reaped, then `on_exit` is called."""

    def __init__(self, pid: int, leash: Leash | None, on_exit: OnExit, table: Processes) -> None:
        self.pid = pid
        self.pidfd = open_pidfd(pid)
        self.code: int | None = None
        """How it ended, None while it has not."""
        self.ended = asyncio.Event()
        self._leash = leash
        self._on_exit = on_exit
        self._table = table
        self._watch = ExitWatch(self.pid, self.pidfd, self._exited)

    def signal(self, number: int) -> None:
        """Send a signal to this process alone. Harmless when it has ended."""
        if self.code is None:  # Not reaped, so the number is still its own.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def signal_group(self, number: int) -> None:
        """Send a signal to it and to all in its group. Harmless when it has ended."""
        if self.code is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    @property
    def is_stopped(self) -> bool:
        """Return whether it hangs in SIGSTOP or under a debugger, so that SIGTERM would not reach it."""
        return process_state(self.pid) in {"T", "t"}

    async def stop(self, grace_s: float) -> None:
        """End it: SIGTERM, after `grace_s` SIGKILL; SIGKILL at once when it is stopped.

        Returns when it has ended; one that the kernel does not let go even then is waited for no longer than a few seconds.
        """
        if grace_s > 0 and not self.is_stopped:
            self.signal_group(signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await self.ended.wait()
        self.signal_group(signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(DEATH_WAIT_S):
                await self.ended.wait()

    def _exited(self) -> None:
        # The group first: as long as its leader is not reaped, its number belongs to nobody else.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.code = _reap(self.pid)
        if self._leash is not None:
            self._leash.release()
        if self.pidfd is not None:
            os.close(self.pidfd)
            self.pidfd = None
        self._table.forget(self.pid)
        self.ended.set()
        self._on_exit(self.code)


class Processes:
    """The table of our processes. One a sidecar, since it tells ours from orphans that the kernel hands to us.

    With `adopt` the kernel is asked to hand them to us; any other child of this process would be taken for one.
    """

    def __init__(self, *, adopt: bool = False) -> None:
        self._live: dict[int, OwnProcess] = {}
        self._adopts = adopt and adopt_orphans()

    def start(  # noqa: PLR0913 - what a process is made of
        self,
        argv: Sequence[str],
        on_exit: OnExit,
        *,
        environment: Mapping[str, str],
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
        stderr: int = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
        leashed: bool = True,
    ) -> OwnProcess:
        """Start a process in a session of its own. Raises CommandError. Must be called on the main thread.

        `leashed` ones die with us, with all they started.

        A parent-death signal means the thread that started the process, so that thread has to live as long as we do.
        """
        leash = Leash() if leashed else None
        wish = death_wish(os.getpid()) if leashed else ()
        try:
            popen = subprocess.Popen(  # noqa: S603 - running the owner's command is what this is for
                [*wish, *argv],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=dict(environment),
                pass_fds=(*((leash.given,) if leash else ()), *pass_fds),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            if leash is not None:
                leash.discard()
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise CommandError(f"The command {argv[0]!r} cannot be started: {reason}.") from error
        if leash is not None:
            leash.tie(popen.pid)
        popen.returncode = 0  # From here on its end is ours to see, and no business of this object.
        process = OwnProcess(popen.pid, leash, on_exit, self)
        self._live[process.pid] = process
        return process

    def forget(self, pid: int) -> None:
        """Take a process out that was reaped."""
        self._live.pop(pid, None)

    def kill_orphans(self) -> None:
        """End descendants that left their group and lost their parent, so that none outlives what it belonged to.

        To be called before the next incarnation starts, whose own orphans are not to be harmed. They are reaped later.
        As process 1 of a container we are handed everybody's orphans, a person's too, and kill none.
        """
        self.reap_orphans()
        if not self._adopts or os.getpid() == 1:
            return
        for _ in range(ORPHAN_ROUNDS):
            if not self._has_children():
                return
            orphans = [pid for pid in children_of(os.getpid()) if pid not in self._live]
            for pid in {member for orphan in orphans for member in family_of(orphan)}:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            if not orphans:
                return

    def is_group_gone(self, group: int) -> bool:
        """Return whether nobody of a killed group is left, who might still hold the port the next one wants."""
        self.reap_orphans()
        try:
            os.killpg(group, 0)
        except OSError:
            return True
        return False

    def reap_orphans(self) -> None:
        """Let go of orphans that ended; to be called now and then."""
        while self._adopts:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in self._live:
                return  # Ours is reaped where its exit is seen, and those behind it the next time.
            os.waitid(os.P_PID, ended.si_pid, os.WEXITED | os.WNOHANG)

    @staticmethod
    def _has_children() -> bool:
        # Listing our children may mean to read of every process, while a restart is waiting for it.
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return True


def adopt_orphans() -> bool:
    """Have the kernel hand us descendants that lost their parent, so that none escapes. False where it cannot."""
    if sys.platform != "linux":
        return False
    import ctypes  # Only here: it costs memory that a sidecar without a child need not spend.

    set_child_subreaper = 36
    return bool(ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0) == 0)


def _reap(pid: int) -> int:
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        return 0  # Somebody else in this process reaped it; how it ended is lost.
    return os.waitstatus_to_exitcode(status)
