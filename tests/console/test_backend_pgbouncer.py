"""Behind PgBouncer: in session mode all is well; in any other the doctor names the cause."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from console import env
from console.data_folder import CHECKOUT
from console.doctor import Finding, Verdict
from console.doctor.connections import pooling
from console.doctor.web import as_web
from tests.conftest import Browser
from tests.console.scopes import scope, scope_of
from tests.database import maintenance
from tests.pgbouncer import pgbouncer

pytestmark = [pytest.mark.processes]


@pytest.fixture(autouse=True)
def _unblocked(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@contextmanager
def behind(mode: str, **settings: object) -> Iterator[str]:
    """In the block, WEB_DATABASE_URL leads through a PgBouncer in this mode."""
    with pgbouncer(mode, **settings) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_DATABASE_URL", url)
        yield url


def pooled() -> Finding:
    (finding,) = pooling()
    return finding


class TestSessionMode:
    @pytest.fixture(autouse=True)
    def _in_session_mode(self) -> Iterator[None]:
        with behind("session"):
            yield

    def test_each_statement_is_in_its_own_scope(self) -> None:
        for _connection in range(2):
            with as_web():
                for schema in ("alpha", "public", "beta"):
                    connection.set_schema(schema)
                    assert scope() == scope_of(schema)

    def test_pages_are_those_of_their_host(self) -> None:
        with as_web():
            for host in ("alpha.localhost", "localhost", "beta.localhost"):
                page = Browser(host, "public", None).get("/login/")
                assert page.status_code == 200
                assert ("Beta" in page.text) == host.startswith("beta")

    def test_the_doctor_has_nothing_to_say(self) -> None:
        finding = pooled()
        assert (finding.verdict, finding.to_do) == (Verdict.OK, "")

    def test_the_kernel_knows_when_a_host_is_lost(self) -> None:
        """It is on a socket of TCP, unlike the tests' own server, that it shows."""
        with as_web(), connection.cursor() as cursor:
            descriptor = os.dup(cursor.connection.fileno())
        with socket.socket(fileno=descriptor) as tcp:
            assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            asked = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT]
            told = [tcp.getsockopt(socket.IPPROTO_TCP, option) for option in asked]
            assert told == [30, 10, 3]
            assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


def test_a_server_that_nobody_resets_is_in_the_scope_of_who_has_it_now() -> None:
    """Without server_reset_query it comes with the last one's role and search path."""
    with behind("session", default_pool_size=1, server_reset_query="") as url:
        for schema in ("alpha", "beta", "public"):
            with as_web():
                connection.set_schema(schema)
                assert scope() == scope_of(schema)
            with psycopg.connect(url) as raw:  # What it comes with, past the backend.
                assert raw.execute("SELECT current_user").fetchone() == scope_of(schema)[1:]


# --- Modes in which tenants are not kept apart ------------------------------------------------

ONE = {"default_pool_size": 1}
WAYS = {
    "one server": ("transaction", 1, ONE),
    "several servers, the last one first": ("transaction", 3, {}),
    "two servers in turn": ("transaction", 2, {"server_round_robin": 1}),
    "three servers in turn": ("transaction", 3, {"server_round_robin": 1}),
    "a server that is reset each time": ("transaction", 1, {**ONE, "server_reset_query_always": 1}),
    "statements": ("statement", 1, ONE),
}


def open_servers(url: str, count: int) -> None:
    """Make a pool have so many servers: by as many transactions at once."""
    with ExitStack() as stack:
        for _server in range(count):
            stack.enter_context(psycopg.connect(url)).execute("SELECT 1")


@pytest.mark.parametrize("name", WAYS)
def test_the_doctor_finds_out(name: str) -> None:
    mode, servers, settings = WAYS[name]
    with behind(mode, **settings) as url:
        if servers > 1:
            open_servers(url, servers)
        finding = pooled()
    assert finding.verdict == Verdict.FAILED
    assert "A pooler in transaction or statement mode lies between" in finding.seen
    assert "pool_mode = session" in finding.to_do


def everything_of_tenants() -> set[str]:
    """The schemas, and the roles that belong to them."""
    name = connection.settings_dict["NAME"]
    with maintenance() as cursor, connection.cursor() as own:
        cursor.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [f"{name}:"])
        own.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'")
        return {row[0] for row in (*cursor.fetchall(), *own.fetchall())}


@pytest.mark.parametrize(("mode", "verdict"), [("session", "ok"), ("transaction", "failed")])
def test_the_doctors_command_names_it_and_leaves_nothing_behind(mode: str, verdict: str) -> None:
    before = everything_of_tenants()
    owner = {**(env.conninfo("owner") or {}), "dbname": connection.settings_dict["NAME"]}
    with pgbouncer(mode) as url:
        done = subprocess.run(
            [sys.executable, "manage.py", "doctor", "--json"],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "CONSOLE_LOGIN": "owner",
                "DATABASE_URL": make_conninfo(**owner),
                "WEB_DATABASE_URL": url,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert findings["connection.pooling"]["verdict"] == verdict
    assert ("pool_mode = session" in findings["connection.pooling"]["to_do"]) == (mode != "session")
    if mode == "session":
        trials = [found for name, found in findings.items() if name.startswith("boundary.")]
        assert {found["verdict"] for found in trials} == {"ok"}
        assert findings["connection.leftovers"]["verdict"] == "ok"
    assert done.returncode == 1  # There is no worker, in any mode.
    assert everything_of_tenants() == before
