"""The embedded PostgreSQL: real servers, real files, real kills."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from console.launcher.environment import CHECKOUT
from console.postgres.embedded import (
    DataFolderError,
    DiskFullError,
    EmbeddedServer,
    EmbeddedServerError,
    ForeignDataFolderError,
    OtherMajorVersionError,
    ServerHeldError,
    ServerStartError,
    embedded_from_environment,
)
from console.postgres.embedded.account import current_account
from console.postgres.embedded.errors import from_os_error
from console.postgres.embedded.locks import is_held_alone
from console.postgres.embedded.places import SOCKET_NAME, find_places, socket_dir

pytestmark = pytest.mark.processes

VERSION = int(os.environ.get("CONSOLE_POSTGRES_VERSION") or 18)
NAME = f"postgres{VERSION}"
AS_ROOT = os.geteuid() == 0

# Holds the server, says so, and lets go when its stdin is closed.
_HOLDER = """
import sys
from pathlib import Path
from console.postgres.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1]), version=int(sys.argv[2]), durable=False).hold() as urls:
    print(urls.owner, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a cluster in it, not running; each test leaves it so."""
    folder = tmp_path_factory.mktemp("data")
    server = _server(folder)
    with server.hold():
        pass
    yield folder
    server.remove()
    assert not list(folder.iterdir())


@pytest.fixture(autouse=True)
def _nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "data_dir" in request.fixturenames:
        assert not _is_running(request.getfixturevalue("data_dir"))


@pytest.fixture
def new_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder without a cluster; what a test makes there is removed."""
    folder = tmp_path / "var"
    yield folder
    _server(folder).remove()


def _server(folder: Path, lines: list[str] | None = None) -> EmbeddedServer:
    report = lines.append if lines is not None else lambda line: None
    return EmbeddedServer(folder, version=VERSION, durable=False, report=report)


def _is_running(folder: Path) -> bool:
    return is_held_alone(folder / f"{NAME}.alive")


def _postmaster(folder: Path) -> int:
    return int((folder / NAME / "postmaster.pid").read_text().splitlines()[0])


def _wait_until_stopped(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while _is_running(folder):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _query(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None


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
        [sys.executable, "-c", _HOLDER, str(folder), str(VERSION)],
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
    with _server(data_dir).hold() as urls:
        version = _query(urls.owner, "SELECT current_setting('server_version_num')::int / 10000")
        assert version == VERSION
        roles = "SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_roles WHERE "
        ours = " AND rolname LIKE 'console_%'"
        assert _query(urls.web, roles + "rolsuper" + ours) is None
        assert _query(urls.web, roles + "rolcreaterole" + ours) == ["console_owner"]
        assert _query(urls.web, roles + "rolcreatedb" + ours) == ["console_owner"]
        assert _query(urls.owner, "SELECT pg_has_role('console_owner', 'console_web', 'SET')")
        assert not _query(urls.owner, "SELECT pg_has_role('console_owner', 'console_web', 'USAGE')")
        assert not _query(urls.web, "SELECT pg_has_role('console_web', 'console_owner', 'SET')")
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'console'"
        assert _query(urls.web, owner) == "console_owner"


def test_the_database_is_utf8_and_utc_and_on_a_socket_alone(data_dir: Path) -> None:
    with _server(data_dir).hold() as urls:
        locale = "SELECT datcollate FROM pg_database WHERE datname = current_database()"
        assert _query(urls.web, locale) == "C.UTF-8"
        assert _query(urls.web, "SHOW server_encoding") == "UTF8"
        assert _query(urls.web, "SHOW timezone") == "UTC"
        assert _query(urls.web, "SHOW listen_addresses") == ""
        assert _query(urls.web, "SHOW fsync") == "off"


def test_other_users_cannot_enter_the_folder_of_the_socket(data_dir: Path) -> None:
    with _server(data_dir).hold():
        folder = socket_dir(find_places(data_dir, VERSION, current_account()))
        status = folder.stat()
        assert (folder / SOCKET_NAME).is_socket()
        assert stat.S_IMODE(status.st_mode) == 0o700
        assert status.st_uid == current_account().uid


def test_urls_name_another_database_and_another_process_can_ask_for_them(data_dir: Path) -> None:
    with _server(data_dir).hold() as urls:
        assert _server(data_dir).urls() == urls
        other = _server(data_dir).urls("a b/c").owner
        with pytest.raises(psycopg.OperationalError, match='database "a b/c" does not exist'):
            _query(other, "SELECT 1")
    with pytest.raises(EmbeddedServerError, match="is not running"):
        _server(data_dir).urls()


def test_the_binaries_for_dumps_are_there() -> None:
    for program in ("pg_dump", "pg_restore", "psql"):
        path = _server(Path("/nowhere")).bin_dir / program
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        assert f" {VERSION}." in told.stdout


# --- Holding and letting go ------------------------------------------------------------------


def test_the_last_holder_in_a_process_stops_the_server(data_dir: Path) -> None:
    with _server(data_dir).hold():
        with _server(data_dir).hold() as urls:
            assert _query(urls.web, "SELECT 1") == 1
        assert _query(urls.web, "SELECT 1") == 1
    assert not _is_running(data_dir)


def test_another_process_keeps_the_server_until_it_lets_go(data_dir: Path) -> None:
    with _other_holder(data_dir):
        with _server(data_dir).hold():
            first = _postmaster(data_dir)
        assert _is_running(data_dir)
        assert _postmaster(data_dir) == first
    assert not _is_running(data_dir)


def test_a_killed_holder_leaves_a_server_that_the_next_one_uses(data_dir: Path) -> None:
    with _other_holder(data_dir) as other:
        first = _postmaster(data_dir)
        other.kill()
        other.wait(10)
        assert _is_running(data_dir)
        with _server(data_dir).hold() as urls:
            assert _postmaster(data_dir) == first
            assert _query(urls.web, "SELECT 1") == 1
    assert not _is_running(data_dir)


def test_processes_that_start_at_once_share_one_server(data_dir: Path) -> None:
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


def test_an_interrupted_start_leaves_no_server(data_dir: Path) -> None:
    def interrupt(line: str) -> None:
        # What Ctrl-C does between two steps of the start.
        raise KeyboardInterrupt

    with _server(data_dir).hold() as urls:
        assert _query(urls.web, "SELECT 1") == 1
    server = EmbeddedServer(data_dir, version=VERSION, durable=False, report=interrupt)
    with pytest.raises(KeyboardInterrupt), server.hold():
        pass
    assert not _is_running(data_dir)


def test_a_held_server_is_not_removed(data_dir: Path) -> None:
    with _server(data_dir).hold() as urls:
        with pytest.raises(ServerHeldError):
            _server(data_dir).remove()
        assert _query(urls.web, "SELECT 1") == 1


# --- After a crash ---------------------------------------------------------------------------


def test_a_killed_server_is_started_again_and_keeps_its_data(data_dir: Path) -> None:
    lines: list[str] = []
    server = EmbeddedServer(data_dir, version=VERSION, durable=True, report=lines.append)
    with server.hold() as urls:
        with psycopg.connect(urls.owner) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        assert not server.revive()
        os.kill(_postmaster(data_dir), signal.SIGKILL)
        _wait_until_stopped(data_dir)
        assert server.revive()
        assert _query(urls.owner, "SELECT n FROM kept") == 7
        with psycopg.connect(urls.owner) as connection:
            connection.execute("DROP TABLE kept")
    assert lines == ["Starting PostgreSQL", "Starting PostgreSQL"]


def test_the_next_holder_does_not_mistake_a_killed_server_for_a_running_one(
    data_dir: Path,
) -> None:
    with _other_holder(data_dir) as other:
        os.kill(_postmaster(data_dir), signal.SIGKILL)
        other.kill()
        with _server(data_dir).hold() as urls:
            assert _query(urls.web, "SELECT 1") == 1


def test_a_stale_process_number_that_is_in_use_again_is_no_hindrance(data_dir: Path) -> None:
    stale = data_dir / NAME / "postmaster.pid"
    folder = (data_dir / NAME).resolve()
    lines = [str(os.getpid()), str(folder), "1", "5432", str(folder), "", "1 1", "ready", ""]
    stale.write_text("\n".join(lines))
    with _server(data_dir).hold() as urls:
        assert _query(urls.web, "SELECT 1") == 1
        assert _postmaster(data_dir) != os.getpid()


# --- What cannot be used ---------------------------------------------------------------------


def test_data_of_another_major_version_are_refused(data_dir: Path) -> None:
    marker = data_dir / NAME / "PG_VERSION"
    content = marker.read_text()
    marker.write_text("15\n")
    try:
        with pytest.raises(OtherMajorVersionError, match=rf"PostgreSQL 15, this is .* {VERSION}"):
            _server(data_dir).hold().__enter__()
    finally:
        marker.write_text(content)


def test_a_folder_that_others_can_enter_is_refused_and_left_as_it_is(data_dir: Path) -> None:
    cluster = (data_dir / NAME).resolve()
    cluster.chmod(0o755)
    try:
        with pytest.raises(ForeignDataFolderError, match="chmod 700"):
            _server(data_dir).hold().__enter__()
        assert stat.S_IMODE(cluster.stat().st_mode) == 0o755
    finally:
        cluster.chmod(0o700)


def test_a_folder_that_is_no_cluster_is_refused(new_dir: Path) -> None:
    (new_dir / NAME).mkdir(parents=True)
    (new_dir / NAME / "notes.txt").write_text("mine")
    reason = "another user made it" if AS_ROOT else "not a PostgreSQL data folder"
    with pytest.raises(ForeignDataFolderError, match=reason):
        _server(new_dir).hold().__enter__()
    shutil.rmtree(new_dir)


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_folder_without_rights_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(DataFolderError, match="not writable"):
        _server(folder).hold().__enter__()


def test_a_server_that_does_not_come_up_says_what_it_said(data_dir: Path) -> None:
    config = data_dir / NAME / "postgresql.auto.conf"
    content = config.read_text()
    config.write_text("shared_buffers = 'plenty'\n")
    try:
        with pytest.raises(ServerStartError, match=r"did not come up.*shared_buffers") as caught:
            _server(data_dir).hold().__enter__()
    finally:
        config.write_text(content)
    assert "\n" not in str(caught.value)
    with _server(data_dir).hold() as urls:
        assert _query(urls.web, "SELECT 1") == 1


def test_a_full_disk_is_named() -> None:
    error = from_os_error(OSError(errno.ENOSPC, "No space left on device"), Path("/data"))
    assert isinstance(error, DiskFullError)
    assert "the disk that holds /data is full" in str(error)


def test_versions_that_there_are_not_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmbeddedServerError, match="no embedded PostgreSQL 17: use 16 or 18"):
        EmbeddedServer(Path("/nowhere"), version=17)
    for name, value in (
        ("CONSOLE_POSTGRES_VERSION", "newest"),
        ("CONSOLE_POSTGRES_VERSION", "17"),
        ("CONSOLE_POSTGRES_DURABLE", "maybe"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(EmbeddedServerError, match=value):
                embedded_from_environment(Path("/nowhere"))


# --- Folders ---------------------------------------------------------------------------------


def test_a_data_folder_with_a_long_and_odd_name_works(tmp_path: Path) -> None:
    folder = tmp_path / "a 'quoted' \"name\", $HOME" / ("long" * 25)
    lines: list[str] = []
    server = _server(folder, lines)
    with ExitStack() as stack:
        stack.callback(server.remove)
        with server.hold() as urls:
            assert _query(urls.web, "SELECT 1") == 1
            used = socket_dir(find_places(folder, VERSION, current_account()))
            assert len(str(used)) < 90
        assert lines == [f"Making a new PostgreSQL {VERSION} database", "Starting PostgreSQL"]
    assert not used.exists()


def test_no_rights_of_folders_around_it_are_changed(new_dir: Path) -> None:
    watched = [*new_dir.parents, *Path(sys.executable).parents, *_server(new_dir).bin_dir.parents]
    before = {path: path.stat().st_mode for path in watched}
    with _server(new_dir).hold():
        pass
    assert {path: path.stat().st_mode for path in watched} == before


@pytest.mark.skipif(not AS_ROOT, reason="only root uses a system user")
def test_root_uses_a_system_user_even_if_the_environment_is_closed_to_it(new_dir: Path) -> None:
    package = _server(new_dir).bin_dir.parent.parent
    closed = new_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    for source in (package, package.with_suffix(".libs")):
        shutil.copytree(source, closed / source.name)
    for source in package.parent.glob(f"{package.name}-*.dist-info"):
        shutil.copytree(source, closed / source.name)
    environ = {**os.environ, "PYTHONPATH": str(closed)}
    script = _HOLDER + "    import psycopg; print(psycopg.connect(urls.web).closed)\n"
    command = [sys.executable, "-W", "ignore", "-c", script, str(new_dir), str(VERSION)]
    subprocess.run(command, cwd=CHECKOUT, env=environ, stdin=subprocess.DEVNULL, check=True)
    assert (new_dir / NAME / "PG_VERSION").stat().st_uid == current_account().uid != 0
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.skipif(not AS_ROOT, reason="for a normal user the data are in the folder itself")
def test_roots_data_follow_a_moved_folder_but_not_a_copy(new_dir: Path) -> None:
    with _server(new_dir).hold():
        first = (new_dir / NAME).resolve()
    copy, moved = new_dir.with_name("copy"), new_dir.with_name("moved")
    shutil.copytree(new_dir, copy, symlinks=True)
    with _server(copy).hold():
        assert (copy / NAME).resolve() != first
    new_dir.rename(moved)
    with _server(moved).hold():
        assert (moved / NAME).resolve() == first
    _server(copy).remove()
    _server(moved).remove()
    assert not first.exists()
