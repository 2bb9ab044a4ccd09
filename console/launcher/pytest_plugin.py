"""A pytest plugin: the tests' own PostgreSQL, there before Django's settings are loaded.

Each run has its own cluster, so that runs at the same time do not meet, and so that no test
touches the data of `make run`. Where pytest-xdist splits a run, each of its processes has one.
With DATABASE_URL and WEB_DATABASE_URL set, that server is used.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from console.data_folder import data_dir
from console.launcher.environment import set_urls
from console.postgres.embedded import (
    EmbeddedServerError,
    ServerHeldError,
    embedded_from_environment,
)
from console.postgres.embedded.locks import exclusive

_PREFIX = "tests-"
#: Set for the processes that a run starts: the URLs that they inherit are its own server's.
IS_OURS = "CONSOLE_TESTS_SERVER"
_resources = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> None:
    """Set the environment. pytest-django reads the settings in its hook of the same name."""
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    os.environ.setdefault("CONSOLE_LOGIN", "owner")
    asks_only = {"-h", "--help", "--version", "-V", "--markers", "--fixtures"} & set(args)
    is_given = os.environ.get("DATABASE_URL") or os.environ.get("WEB_DATABASE_URL")
    if asks_only or (is_given and IS_OURS not in os.environ):
        return
    os.environ[IS_OURS] = "1"
    os.environ["CONSOLE_POSTGRES_DURABLE"] = "0"
    try:
        _start()
    except EmbeddedServerError as exc:
        _resources.close()
        raise pytest.UsageError(str(exc)) from exc


def pytest_unconfigure() -> None:
    """Stop the server and delete its data."""
    _resources.close()


def _start() -> None:
    base = data_dir()
    base.mkdir(parents=True, exist_ok=True)
    # One run at a time: another's folder looks left over until its server is held.
    with exclusive(base / "tests.lock", on_wait=lambda: None):
        for left_over in base.glob(f"{_PREFIX}*"):
            _remove(left_over)
        folder = Path(tempfile.mkdtemp(dir=base, prefix=_PREFIX))
        _resources.callback(_remove, folder)
        set_urls(_resources.enter_context(embedded_from_environment(folder).hold()))


def _remove(folder: Path) -> None:
    """Delete a run's cluster and folder; one that is in use stays."""
    server = embedded_from_environment(folder)
    with suppress(ServerHeldError):
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)
