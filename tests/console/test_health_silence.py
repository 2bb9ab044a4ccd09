"""A database server that says nothing keeps no web process: it is not ready, and soon."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, close_old_connections, connection, connections

from console import health
from console.postgres.backend import patience
from console.postgres.backend.base import DatabaseWrapper
from tests.console.scopes import scope, scope_of
from tests.console.test_health import ask

pytestmark = pytest.mark.usefixtures("web_login")

#: What a probe may take here, however slow the machine is (seconds).
SOON = 10.0


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_SILENCE", 0.2)


@contextmanager
def soon() -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < SOON


def process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.fixture
def stopped() -> Iterator[int]:
    """The server's process of the default connection, which is stopped as by a debugger."""
    pid = process()
    try:
        os.kill(pid, signal.SIGSTOP)
    except (ProcessLookupError, PermissionError):
        pytest.skip("the server is not on this machine, or somebody else's")
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def silent(web_login: DatabaseWrapper) -> Iterator[DatabaseWrapper]:
    """The default connection leads to a port that takes whoever calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        entry = {
            **web_login.settings_dict,
            "HOST": "127.0.0.1",
            "PORT": str(listener.getsockname()[1]),
        }
        connections["default"] = wrapper = DatabaseWrapper(entry, "default")
        try:
            yield wrapper
        finally:
            wrapper.close()
            connections["default"] = web_login


def test_a_server_process_that_is_stopped(stopped: int, caplog: pytest.LogCaptureFixture) -> None:
    with soon():
        response = ask("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready")
    assert "the database does not answer (OperationalError)" in caplog.text


def test_the_next_probe_asks_on_a_new_connection(stopped: int) -> None:
    ask("/readyz")
    close_old_connections()  # As the end of a request does.
    with soon():
        assert ask("/readyz").status_code == 200
    assert process() != stopped


def test_a_process_that_looks_after_its_connection_first(stopped: int) -> None:
    """Django asks an old connection for a sign of life before the first statement of a request,
    and makes a new one where there is none. The time for both is the same."""
    close_old_connections()
    with soon():
        assert ask("/readyz").status_code == 503
        assert ask("/readyz").status_code == 200


def test_a_port_that_says_nothing(silent: DatabaseWrapper) -> None:
    with soon():
        response = ask("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready")
    assert ask("/healthz").status_code == 200


def test_a_table_that_somebody_holds(monkeypatch: pytest.MonkeyPatch, second: Any) -> None:
    monkeypatch.setattr(health, "_PATIENCE", "50ms")
    monkeypatch.setattr(health, "_SILENCE", 3.0)
    second.execute("SET ROLE console_owner; LOCK TABLE public.django_migrations")
    before = process()
    with soon():
        assert ask("/readyz").status_code == 503
    second.rollback()
    assert ask("/readyz").status_code == 200
    assert process() == before, "the server did answer: its connection is as good as before"


class TestPatience:
    def test_a_server_that_answers_is_left_alone(self) -> None:
        before = process()
        with connection.answered_within(5):
            assert scope() == scope_of("public")
        assert process() == before

    def test_a_timeout_of_before_holds_no_longer(self) -> None:
        with connection.answered_within(0.05):
            pass
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")

    def test_what_takes_too_long_is_cut_off(self) -> None:
        pid = process()
        with (
            pytest.raises(OperationalError),
            connection.answered_within(0.05),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT pg_sleep(60)")
        close_old_connections()
        assert scope() == scope_of("public")
        with connection.cursor() as cursor:  # It sleeps on, and learns of it when it wakes.
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    def test_a_new_connection_is_refused_once_the_time_is_over(self) -> None:
        connection.close()
        with (
            pytest.raises(OperationalError, match="not answered in time"),
            connection.answered_within(0),
        ):
            connection.connect()
        connection.connect()

    def test_a_new_connection_has_little_time_in_the_block_alone(self) -> None:
        usual = connection.get_connection_params()["connect_timeout"]
        with connection.answered_within(5):
            params = connection.get_connection_params()
            assert params["connect_timeout"] == patience.CONNECT_TIMEOUT
        assert connection.get_connection_params()["connect_timeout"] == usual

    def test_a_connection_that_is_closed_meanwhile_is_nobodys_error(self) -> None:
        connection.ensure_connection()
        with connection.answered_within(0):
            connection.connection.close()
            time.sleep(0.05)
        with pytest.raises(psycopg.OperationalError):
            connection.connection.fileno()
