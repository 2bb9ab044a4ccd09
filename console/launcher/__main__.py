"""`python -m console.launcher run`: what `make run` calls."""

from __future__ import annotations

import os
import sys

from console.postgres.embedded import EmbeddedServerError

from .config import read_config
from .errors import LauncherError
from .programs import Programs, console_programs
from .supervisor import Supervisor


def main(arguments: list[str], programs: Programs | None = None) -> int:
    """Run the console in the foreground; returns the exit status.

    `programs` stands in for the console's own, for tests of the supervisor.
    """
    if arguments != ["run"]:
        print("usage: python -m console.launcher run", file=sys.stderr)
        return 2
    try:
        config = read_config(os.environ)
        Supervisor(config, programs or console_programs(config)).run()
    except (LauncherError, EmbeddedServerError) as exc:
        print(f"make run: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
