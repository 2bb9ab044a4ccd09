"""The programs that make up the console, and what each finds in its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .config import Config

# A process is replaced after so many requests: its PostgreSQL backend grows with every tenant
# that it has touched.
_MAX_REQUESTS = 1000


@dataclass(frozen=True)
class Programs:
    """The command lines. `web` gets its listening sockets as --bind options at the end."""

    prepare: Sequence[str]
    worker: Sequence[str]
    web: Sequence[str]


def console_programs(config: Config) -> Programs:
    """The real ones, run by this Python."""
    manage = [sys.executable, "manage.py"]
    web = [sys.executable, "-m", "gunicorn", "console.wsgi:application"]
    # Processes with one thread each: the admin keeps request state on shared objects.
    web += ["--worker-class", "sync", "--workers", str(config.web_workers)]
    # Loaded once and forked: up in two thirds of the time, and at once when one is replaced.
    web += ["--preload", "--config", "python:console.launcher.gunicorn_hooks"]
    web += ["--max-requests", str(_MAX_REQUESTS)]
    web += ["--max-requests-jitter", str(_MAX_REQUESTS // 5)]
    # An upload of a large file is checked within one request.
    web += ["--timeout", "120", "--graceful-timeout", "10"]
    web += ["--log-level", "warning", "--no-control-socket"]
    # By itself it believes whatever comes from this machine that a request came by TLS; which
    # header is to be believed, if any, is a setting of the console.
    web += ["--forwarded-allow-ips", ""]
    if Path("/dev/shm").is_dir():  # noqa: S108 - where heartbeats do not wait for a disk
        web += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    return Programs(prepare=[*manage, "prepare"], worker=[*manage, "worker"], web=web)


def owner_environment(config: Config, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """For what changes schemas: migrations and the worker."""
    return _common(config, environ) | {"CONSOLE_LOGIN": "owner"}


def web_environment(config: Config, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """For what serves requests: it never learns the owner's login."""
    common = _common(config, environ) | {"CONSOLE_LOGIN": "web"}
    for name in ("DATABASE_URL", "DATABASE_URL_FILE"):
        common.pop(name, None)
    return common


def _common(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    return {
        **environ,
        "CONSOLE_DATA_DIR": str(config.data_dir),
        "CONSOLE_PORT": str(config.port),
        "DJANGO_SETTINGS_MODULE": environ.get("DJANGO_SETTINGS_MODULE", "console.settings"),
        "PYTHONUNBUFFERED": "1",  # lines appear when they are written
    }
