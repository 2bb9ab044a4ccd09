"""What keeps the console from starting or running."""

from __future__ import annotations


class LauncherError(Exception):
    """The console cannot start or go on.

    The message is one line for the person at the terminal and names the way out.
    """


class StopRequestedError(BaseException):
    """Somebody wants the console to stop: Ctrl-C, SIGTERM, or a terminal that was closed.

    No Exception: nothing between the signal and the supervisor may take it for a failure.
    """
