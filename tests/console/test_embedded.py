"""The embedded PostgreSQL: real servers, real kills."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from console.data_folder import CHECKOUT
from console.postgres.embedded import (
    EmbeddedServer,
    EmbeddedServerError,
    ServerHeldError,
)
from console.postgres.embedded.account import current_account
from console.postgres.embedded.places import SOCKET_NAME, find_places, socket_dir
from tests.console.embedded import (
    HOLDER,
    NAME,
    VERSION,
    is_running,
    postmaster,
    query,
    server_in,
    wait_until_stopped,
)

pytestmark = pytest.mark.processes


@contextmanager
def _other_holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = _start_holder(folder)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("postgresql://")
        yield process
    finally:
        _end_holder(process)


def _start_holder(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), str(VERSION)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _end_holder(process: subprocess.Popen[str]) -> None:
    process.communicate()
    process.wait(30)


# --- What it is -----------------------------------------------------------------------------


@pytest.mark.smoke
def test_the_logins_are_what_the_console_needs_and_no_more(data_dir: Path) -> None:
    with server_in(data_dir).hold() as urls:
        version = query(urls.owner, "SELECT current_setting('server_version_num')::int / 10000")
        assert version == VERSION
        roles = "SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_roles WHERE "
        ours = " AND rolname LIKE 'console_%'"
        assert query(urls.web, roles + "rolsuper" + ours) is None
        assert query(urls.web, roles + "rolcreaterole" + ours) == ["console_owner"]
        assert query(urls.web, roles + "rolcreatedb" + ours) == ["console_owner"]
        assert query(urls.owner, "SELECT pg_has_role('console_owner', 'console_web', 'SET')")
        assert not query(urls.owner, "SELECT pg_has_role('console_owner', 'console_web', 'USAGE')")
        assert not query(urls.web, "SELECT pg_has_role('console_web', 'console_owner', 'SET')")
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'console'"
        assert query(urls.web, owner) == "console_owner"


def test_the_database_is_utf8_and_utc_and_on_a_socket_alone(data_dir: Path) -> None:
    with server_in(data_dir).hold() as urls:
        locale = "SELECT datcollate FROM pg_database WHERE datname = current_database()"
        assert query(urls.web, locale) == "C.UTF-8"
        assert query(urls.web, "SHOW server_encoding") == "UTF8"
        assert query(urls.web, "SHOW timezone") == "UTC"
        assert query(urls.web, "SHOW listen_addresses") == ""
        assert query(urls.web, "SHOW fsync") == "off"


def test_other_users_cannot_enter_the_folder_of_the_socket(data_dir: Path) -> None:
    with server_in(data_dir).hold():
        folder = socket_dir(find_places(data_dir, VERSION, current_account()))
        status = folder.stat()
        assert (folder / SOCKET_NAME).is_socket()
        assert stat.S_IMODE(status.st_mode) == 0o700
        assert status.st_uid == current_account().uid


def test_urls_name_another_database_and_another_process_can_ask_for_them(data_dir: Path) -> None:
    with server_in(data_dir).hold() as urls:
        assert server_in(data_dir).urls() == urls
        other = server_in(data_dir).urls("a b/c").owner
        with pytest.raises(psycopg.OperationalError, match='database "a b/c" does not exist'):
            query(other, "SELECT 1")
    with pytest.raises(EmbeddedServerError, match="is not running"):
        server_in(data_dir).urls()


def test_the_binaries_for_dumps_are_there() -> None:
    for program in ("pg_dump", "pg_restore", "psql"):
        path = server_in(Path("/nowhere")).bin_dir / program
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        assert f" {VERSION}." in told.stdout


# --- Holding and letting go ------------------------------------------------------------------


def test_the_last_holder_in_a_process_stops_theserver(data_dir: Path) -> None:
    with server_in(data_dir).hold():
        with server_in(data_dir).hold() as urls:
            assert query(urls.web, "SELECT 1") == 1
        assert query(urls.web, "SELECT 1") == 1
    assert not is_running(data_dir)


def test_another_process_keeps_the_server_until_it_lets_go(data_dir: Path) -> None:
    with _other_holder(data_dir):
        with server_in(data_dir).hold():
            first = postmaster(data_dir)
        assert is_running(data_dir)
        assert postmaster(data_dir) == first
    assert not is_running(data_dir)


def test_a_killed_holder_leaves_a_server_that_the_next_one_uses(data_dir: Path) -> None:
    with _other_holder(data_dir) as other:
        first = postmaster(data_dir)
        other.kill()
        other.wait(10)
        assert is_running(data_dir)
        with server_in(data_dir).hold() as urls:
            assert postmaster(data_dir) == first
            assert query(urls.web, "SELECT 1") == 1
    assert not is_running(data_dir)


def test_processes_that_start_at_once_share_oneserver(data_dir: Path) -> None:
    holders = [_start_holder(data_dir) for _ in range(4)]
    try:
        lines = {process.stdout.readline() for process in holders if process.stdout}
        assert len(lines) == 1
        assert lines.pop().startswith("postgresql://")
    finally:
        for process in holders:
            _end_holder(process)
    assert [process.returncode for process in holders] == [0] * 4


def test_starting_while_the_last_holder_stops_is_safe(data_dir: Path) -> None:
    script = """
import sys, psycopg
from pathlib import Path
from console.postgres.embedded import EmbeddedServer
for _ in range(6):
    with EmbeddedServer(Path(sys.argv[1]), version=int(sys.argv[2]), durable=False).hold() as urls:
        with psycopg.connect(urls.web) as connection:
            connection.execute("SELECT 1")
"""
    command = [sys.executable, "-c", script, str(data_dir), str(VERSION)]
    processes = [subprocess.Popen(command, cwd=CHECKOUT) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]


def test_an_interrupted_start_leaves_noserver(data_dir: Path) -> None:
    def interrupt(line: str) -> None:
        # What Ctrl-C does between two steps of the start.
        raise KeyboardInterrupt

    with server_in(data_dir).hold() as urls:
        assert query(urls.web, "SELECT 1") == 1
    server = EmbeddedServer(data_dir, version=VERSION, durable=False, report=interrupt)
    with pytest.raises(KeyboardInterrupt), server.hold():
        pass
    assert not is_running(data_dir)


def test_a_held_server_is_not_removed(data_dir: Path) -> None:
    with server_in(data_dir).hold() as urls:
        with pytest.raises(ServerHeldError):
            server_in(data_dir).remove()
        assert query(urls.web, "SELECT 1") == 1


# --- After a crash ---------------------------------------------------------------------------


def test_a_killed_server_is_started_again_and_keeps_its_data(data_dir: Path) -> None:
    lines: list[str] = []
    server = EmbeddedServer(data_dir, version=VERSION, durable=True, report=lines.append)
    with server.hold() as urls:
        with psycopg.connect(urls.owner) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        assert not server.revive()
        os.kill(postmaster(data_dir), signal.SIGKILL)
        wait_until_stopped(data_dir)
        assert server.revive()
        assert query(urls.owner, "SELECT n FROM kept") == 7
        with psycopg.connect(urls.owner) as connection:
            connection.execute("DROP TABLE kept")
    assert lines == ["Starting PostgreSQL", "Starting PostgreSQL"]


def test_the_next_holder_does_not_mistake_a_killed_server_for_a_running_one(
    data_dir: Path,
) -> None:
    with _other_holder(data_dir) as other:
        os.kill(postmaster(data_dir), signal.SIGKILL)
        other.kill()
        with server_in(data_dir).hold() as urls:
            assert query(urls.web, "SELECT 1") == 1


def test_a_stale_process_number_that_is_in_use_again_is_no_hindrance(data_dir: Path) -> None:
    stale = data_dir / NAME / "postmaster.pid"
    folder = (data_dir / NAME).resolve()
    lines = [str(os.getpid()), str(folder), "1", "5432", str(folder), "", "1 1", "ready", ""]
    stale.write_text("\n".join(lines))
    with server_in(data_dir).hold() as urls:
        assert query(urls.web, "SELECT 1") == 1
        assert postmaster(data_dir) != os.getpid()
