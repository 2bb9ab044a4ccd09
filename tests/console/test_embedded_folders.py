"""The embedded PostgreSQL: folders it cannot use, and what it does to those it can."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from console.data_folder import CHECKOUT
from console.postgres.embedded import (
    DataFolderError,
    DiskFullError,
    EmbeddedServer,
    EmbeddedServerError,
    ForeignDataFolderError,
    OtherMajorVersionError,
    ServerStartError,
    embedded_from_environment,
)
from console.postgres.embedded.account import current_account
from console.postgres.embedded.errors import from_os_error
from console.postgres.embedded.places import find_places, socket_dir
from tests.console.embedded import (
    AS_ROOT,
    HOLDER,
    NAME,
    VERSION,
    query,
    server_in,
)

pytestmark = pytest.mark.processes


# --- What cannot be used ---------------------------------------------------------------------


def test_data_of_another_major_version_are_refused(data_dir: Path) -> None:
    marker = data_dir / NAME / "PG_VERSION"
    content = marker.read_text()
    marker.write_text("15\n")
    try:
        with pytest.raises(OtherMajorVersionError, match=rf"PostgreSQL 15, this is .* {VERSION}"):
            server_in(data_dir).hold().__enter__()
    finally:
        marker.write_text(content)


def test_a_folder_that_others_can_enter_is_refused_and_left_as_it_is(data_dir: Path) -> None:
    cluster = (data_dir / NAME).resolve()
    cluster.chmod(0o755)
    try:
        with pytest.raises(ForeignDataFolderError, match="chmod 700"):
            server_in(data_dir).hold().__enter__()
        assert stat.S_IMODE(cluster.stat().st_mode) == 0o755
    finally:
        cluster.chmod(0o700)


def test_a_folder_that_is_no_cluster_is_refused(new_dir: Path) -> None:
    (new_dir / NAME).mkdir(parents=True)
    (new_dir / NAME / "notes.txt").write_text("mine")
    reason = "another user made it" if AS_ROOT else "not a PostgreSQL data folder"
    with pytest.raises(ForeignDataFolderError, match=reason):
        server_in(new_dir).hold().__enter__()
    shutil.rmtree(new_dir)


def test_a_folder_without_rights_is_refused(tmp_path: Path) -> None:
    folder = Path("/sys/console-data")  # where even root may make nothing
    if not AS_ROOT:
        folder = tmp_path / "closed"
        folder.mkdir(mode=0o500)
    with pytest.raises(DataFolderError, match=r"not writable|cannot be used"):
        server_in(folder).hold().__enter__()


def test_a_server_that_does_not_come_up_says_what_it_said(data_dir: Path) -> None:
    config = data_dir / NAME / "postgresql.auto.conf"
    content = config.read_text()
    config.write_text("shared_buffers = 'plenty'\n")
    try:
        with pytest.raises(ServerStartError, match=r"did not come up.*shared_buffers") as caught:
            server_in(data_dir).hold().__enter__()
    finally:
        config.write_text(content)
    assert "\n" not in str(caught.value)
    with server_in(data_dir).hold() as urls:
        assert query(urls.web, "SELECT 1") == 1


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
    server = server_in(folder, lines)
    with ExitStack() as stack:
        stack.callback(server.remove)
        with server.hold() as urls:
            assert query(urls.web, "SELECT 1") == 1
            used = socket_dir(find_places(folder, VERSION, current_account()))
            assert len(str(used)) < 90
        assert lines == [f"Making a new PostgreSQL {VERSION} database", "Starting PostgreSQL"]
    assert not used.exists()


def test_no_rights_of_folders_around_it_are_changed(new_dir: Path) -> None:
    watched = [*new_dir.parents, *Path(sys.executable).parents, *server_in(new_dir).bin_dir.parents]
    before = {path: path.stat().st_mode for path in watched}
    with server_in(new_dir).hold():
        pass
    assert {path: path.stat().st_mode for path in watched} == before


@pytest.mark.skipif(not AS_ROOT, reason="only root uses a system user")
def test_root_uses_a_system_user_even_if_the_environment_is_closed_to_it(new_dir: Path) -> None:
    package = server_in(new_dir).bin_dir.parent.parent
    closed = new_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    for source in (package, package.with_suffix(".libs")):
        shutil.copytree(source, closed / source.name)
    for source in package.parent.glob(f"{package.name}-*.dist-info"):
        shutil.copytree(source, closed / source.name)
    environ = {**os.environ, "PYTHONPATH": str(closed)}
    script = HOLDER + "    import psycopg; print(psycopg.connect(urls.web).closed)\n"
    command = [sys.executable, "-W", "ignore", "-c", script, str(new_dir), str(VERSION)]
    subprocess.run(command, cwd=CHECKOUT, env=environ, stdin=subprocess.DEVNULL, check=True)
    assert (new_dir / NAME / "PG_VERSION").stat().st_uid == current_account().uid != 0
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.skipif(not AS_ROOT, reason="for a normal user the data are in the folder itself")
def test_roots_data_follow_a_moved_folder_but_not_a_copy(new_dir: Path) -> None:
    with server_in(new_dir).hold():
        first = (new_dir / NAME).resolve()
    copy, moved = new_dir.with_name("copy"), new_dir.with_name("moved")
    shutil.copytree(new_dir, copy, symlinks=True)
    with server_in(copy).hold():
        assert (copy / NAME).resolve() != first
    new_dir.rename(moved)
    with server_in(moved).hold():
        assert (moved / NAME).resolve() == first
    server_in(copy).remove()
    server_in(moved).remove()
    assert not first.exists()
