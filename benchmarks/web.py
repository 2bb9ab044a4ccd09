"""The web processes, as `make run` starts them, for benchmarks that send requests over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serve(
    application: str = "console.wsgi", *, processes: int, environ: Mapping[str, str]
) -> Iterator[int]:
    """gunicorn on a free port of loopback, which is yielded; its settings are in ``environ``."""
    from console.launcher.config import Config
    from console.launcher.programs import console_programs, web_environment
    from tests.launcher import free_port

    port = free_port()
    config = Config(
        data_dir=Path(os.environ["CONSOLE_DATA_DIR"]),
        port=port,
        web_workers=processes,
        own_server=False,
    )
    command = [word.replace("console.wsgi", application) for word in console_programs(config).web]
    # What it says of errors, which some ask for, is of no use here.
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}"],
        env=web_environment(config) | environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _attempt in range(600):
        if process.poll() is not None:
            sys.exit("The web server ended.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("The web server did not start.")
