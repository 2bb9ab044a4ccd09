"""What a command and `make` find or make before anything runs; and the real console, whole."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from console.data_folder import CHECKOUT
from console.launcher.environment import needs_database
from tests.launcher import RunningConsole

# --- Commands -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        ([], False),
        (["help", "migrate"], False),
        (["--version"], False),
        (["migrate", "--help"], False),
        (["migrate", "-h"], False),
        (["check"], False),
        (["check", "--deploy"], False),
        (["check", "--database", "default"], True),
        (["check", "--database=default"], True),
        (["collectstatic", "--noinput"], False),
        (["makemessages", "-a"], False),
        (["makemigrations"], True),
        (["migrate"], True),
        (["runserver"], True),
        (["shell"], True),
    ],
)
def test_only_commands_that_use_a_database_start_one(arguments: list[str], needs: bool) -> None:
    assert needs_database(["manage.py", *arguments]) is needs


def _manage(data_dir: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    names = ("DATABASE_URL", "WEB_DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FILE", "CONSOLE_LOGIN")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={**clean, "CONSOLE_DATA_DIR": str(data_dir), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.processes
def test_help_makes_nothing(tmp_path: Path) -> None:
    done = _manage(tmp_path / "var", "migrate", "--help")
    assert done.returncode == 0
    assert "usage: manage.py migrate" in done.stdout
    assert not (tmp_path / "var").exists()


@pytest.mark.processes
def test_a_command_that_finds_no_database_ends_with_one_line(tmp_path: Path) -> None:
    done = _manage(tmp_path / "var", "migrate", CONSOLE_POSTGRES_VERSION="9")
    assert done.returncode == 1
    assert done.stderr == "there is no embedded PostgreSQL 9: use 16 or 18\n"


@pytest.mark.processes
def test_the_secret_key_is_made_once_by_whoever_comes_first(tmp_path: Path) -> None:
    script = (
        "from console.launcher.environment import set_secret_key; set_secret_key(); "
        "import os; print(open(os.environ['SECRET_KEY_FILE']).read())"
    )
    names = ("SECRET_KEY", "SECRET_KEY_FILE")
    environ = {name: value for name, value in os.environ.items() if name not in names}
    environ["CONSOLE_DATA_DIR"] = str(tmp_path / "var")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script], cwd=CHECKOUT, env=environ, stdout=subprocess.PIPE
        )
        for _ in range(5)
    ]
    keys = {process.communicate()[0] for process in processes}
    assert len(keys) == 1
    assert len(keys.pop()) > 50
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret-key"]


# --- The virtual environment ----------------------------------------------------------------


def _make_venv(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    (folder / "empty.txt").touch()
    script = CHECKOUT / "console" / "launcher" / "venv.sh"
    return subprocess.run(
        ["/bin/sh", str(script), "env", "empty.txt"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def _fake_python(folder: Path, version: str) -> str:
    """A program that answers as a Python of another version does."""
    path = folder / f"python-{version}"
    path.write_text(f'#!/bin/sh\ncase "$2" in *print*) echo {version};; *) exit 1;; esac\n')
    path.chmod(0o755)
    return str(path)


def test_an_unfit_python_is_one_clear_line(tmp_path: Path) -> None:
    python = _fake_python(tmp_path, "3.9.18")
    done = _make_venv(tmp_path, PYTHON=python)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("Python 3.11, 3.12 or 3.13 is needed")
    assert f"{python} is 3.9.18" in line


def test_a_machine_without_python_is_one_clear_line(tmp_path: Path) -> None:
    for tool in ("date", "awk", "df", "cmp", "ls", "rm", "tail"):
        if path := shutil.which(tool):
            (tmp_path / tool).symlink_to(path)
    done = _make_venv(tmp_path, PATH=str(tmp_path))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "python3 python3.13 python3.12 python3.11; none runs" in line


@pytest.mark.processes
def test_a_broken_environment_is_made_again_and_a_whole_one_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").touch()  # all that an interrupted attempt left
    made = _make_venv(tmp_path, PYTHON=sys.executable)
    assert made.returncode == 0, made.stderr
    assert "Making env again: it is broken" in made.stderr
    assert re.search(r"Making env with Python 3\.1[123]\.", made.stderr)
    again = _make_venv(tmp_path, PYTHON=sys.executable)
    assert (again.returncode, again.stderr) == (0, "")


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "notes.txt").write_text("mine")
    done = _make_venv(tmp_path, PYTHON=sys.executable)
    assert done.returncode == 1
    assert "env is not a virtual environment" in done.stderr
    assert (tmp_path / "env" / "notes.txt").read_text() == "mine"


# --- The real console -----------------------------------------------------------------------


@pytest.mark.processes
@pytest.mark.smoke
def test_the_real_console_starts_answers_and_finds_its_data_again() -> None:
    with RunningConsole(environ={"CONSOLE_DEMO": "0"}) as console:
        assert console.url() in console.addresses()
        assert _status(console, "localhost") in (200, 302)
        assert _status(console, "nobody.localhost") == 404
        killed = console.kill_worker()
        assert console.worker_pid(other_than=killed) != killed
        with psycopg.connect(console.owner_url) as connection:
            connection.execute("CREATE SCHEMA kept_by_the_test")
        assert console.stop(signal.SIGINT) == 0

        console.start()
        with psycopg.connect(console.owner_url) as connection:
            connection.execute("DROP SCHEMA kept_by_the_test")
        assert console.stop(signal.SIGTERM) == 0
        assert "Traceback" not in console.output()


def _status(console: RunningConsole, host: str) -> int:
    """Asked on the address: not every machine resolves names below localhost."""
    connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=20)
    connection.request("GET", "/", headers={"Host": f"{host}:{console.port}"})
    status = connection.getresponse().status
    connection.close()
    return status
