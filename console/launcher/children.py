"""Child processes of the supervisor: started so that they end with it, and stopped in order."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from console.data_folder import CHECKOUT

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.05
_ASK_AGAIN_SECONDS = 1.0
# A child that lived this long was not started in vain.
_HEALTHY_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 30.0

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass
class Child:
    """One program that is to run as long as the supervisor does.

    `last_signal` is what the kernel sends it when the supervisor dies without stopping it. With
    `ask_again`, its whole session is asked to stop every second: gunicorn loses a signal to a
    process that it is just starting, and then waits for that until its own time is over.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    last_signal: signal.Signals
    pass_fds: Sequence[int] = ()
    ask_again: bool = False
    quick_deaths: int = field(default=0, init=False)
    next_start: float = field(default=0.0, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _started: float = field(default=0.0, init=False)

    @property
    def pid(self) -> int | None:
        """The process, or None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it, in a session of its own: a terminal's Ctrl-C does not reach it."""
        self._started = time.monotonic()
        self._process = spawn(
            self.command, self.environ, last_signal=self.last_signal, pass_fds=self.pass_fds
        )

    def death(self) -> str | None:
        """None while it runs; else how it ended, told once. Sets when to start it again."""
        if self._process is None or self._process.poll() is None:
            return None
        how = describe_exit(self._process.returncode)
        _kill_group(self._process.pid, signal.SIGKILL)  # what it left behind
        self._process = None
        lived = time.monotonic() - self._started
        self.quick_deaths = self.quick_deaths + 1 if lived < _HEALTHY_SECONDS else 1
        pause = min(2.0 ** (self.quick_deaths - 1), _LONGEST_PAUSE_SECONDS)
        self.next_start = time.monotonic() + pause
        return how

    def is_due(self) -> bool:
        """Whether it is down and its pause is over."""
        return self._process is None and time.monotonic() >= self.next_start

    def stop(self, seconds: float, hurry: Callable[[], bool]) -> None:
        """Ask it to end (SIGTERM) and wait; after `seconds`, or when `hurry()`, kill it."""
        if self._process is not None:
            stop_process(self._process, seconds, hurry, ask_again=self.ask_again)
            self._process = None


def spawn(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    last_signal: signal.Signals,
    pass_fds: Sequence[int] = (),
    stdout: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in the checkout; on Linux it is signalled when this process dies.

    What it writes goes to our stderr, unless `stdout` says otherwise: our stdout is for the
    addresses alone.
    """
    return subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if stdout is None else stdout,
        pass_fds=pass_fds,
        start_new_session=True,
        # Safe here: the supervisor has one thread.
        preexec_fn=_end_with_parent(os.getpid(), last_signal),
    )


def stop_process(
    process: subprocess.Popen[bytes],
    seconds: float,
    hurry: Callable[[], bool],
    *,
    ask_again: bool = False,
) -> None:
    """SIGTERM, then SIGKILL for the whole session after `seconds` or when `hurry()`."""
    began = time.monotonic()
    if process.poll() is None:
        process.terminate()
    next_ask = began + _ASK_AGAIN_SECONDS
    while process.poll() is None and time.monotonic() - began < seconds and not hurry():
        if ask_again and time.monotonic() > next_ask:
            _kill_group(process.pid, signal.SIGTERM)
            next_ask += _ASK_AGAIN_SECONDS
        time.sleep(_POLL_SECONDS)
    _kill_group(process.pid, signal.SIGKILL)
    process.wait()


def describe_exit(status: int) -> str:
    """How a process ended, for a person: its exit status, or the signal that killed it."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def _kill_group(group: int, number: signal.Signals) -> None:
    # Nobody may be left; macOS says EPERM of a group of zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _end_with_parent(parent: int, number: signal.Signals) -> Callable[[], None]:
    def prepare() -> None:
        # In the child, between fork and exec.
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
            if os.getppid() != parent:  # it died before the line above
                os._exit(1)

    return prepare
