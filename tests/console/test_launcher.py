"""The supervisor: it starts, watches and stops.

It is run with stand-ins for the console's programs, and with addresses of a database that nobody
opens.
"""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.data_folder import CHECKOUT
from console.launcher.errors import LauncherError
from console.launcher.preflight import reserve_port
from tests.launcher import RunningConsole, children_of

_NOWHERE = "postgresql://somebody:secret@127.0.0.1:1/console"

# Stand-ins: each gets a word of the environment that says how to behave.
_STAND_INS = """
import os, sys
from console.launcher.__main__ import main
from console.launcher.programs import Programs

PREPARE = '''
import os, sys, time
print("preparing", file=sys.stderr, flush=True)
time.sleep(float(os.environ.get("PREPARE_SECONDS", "0")))
print("open http://localhost/ " + os.environ["CONSOLE_LOGIN"])
sys.exit(int(os.environ.get("PREPARE_STATUS", "0")))
'''
WORKER = '''
import os, signal, sys, time
def end(number, frame):
    time.sleep(float(os.environ.get("WORKER_SECONDS", "0")))
    print("worker finished", file=sys.stderr, flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("worker with " + os.environ["CONSOLE_LOGIN"], file=sys.stderr, flush=True)
time.sleep(1000)
'''
python = sys.executable
sys.exit(main(["run"], Programs(
    prepare=[python, "-c", PREPARE],
    worker=[python, "-c", WORKER, "worker"],
    web=[python, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning",
         "--workers", "2", os.environ.get("WEB_APP", "stand_in:application")],
)))
"""
_APPLICATION = """
import os
def application(environ, start_response):
    names = ("CONSOLE_LOGIN", "DATABASE_URL", "WEB_DATABASE_URL")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr([os.environ.get(name) for name in names]).encode()]
"""

StandIn = Callable[..., RunningConsole]


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    """Makes consoles of stand-ins, not started; keywords go into their environment."""
    (tmp_path / "stand_in.py").write_text(_APPLICATION)
    (tmp_path / "run.py").write_text(_STAND_INS)
    made = []

    def make(**environ: str) -> RunningConsole:
        path = {"PYTHONPATH": f"{tmp_path}:{CHECKOUT}"}
        # The server of this test run, so that none has to be started.
        urls = {name: os.environ[name] for name in ("DATABASE_URL", "WEB_DATABASE_URL")}
        console = RunningConsole(
            environ={**path, **urls, **environ}, script=[str(tmp_path / "run.py")]
        )
        made.append(console)
        return console

    yield make
    for console in made:
        console.close()


def _get(console: RunningConsole, host: str = "127.0.0.1") -> str:
    with urllib.request.urlopen(f"http://{host}:{console.port}/", timeout=10) as answer:
        return answer.read().decode()


def _errors(console: RunningConsole) -> list[str]:
    """The lines on stderr that are no progress."""
    lines = console.output().splitlines()
    return [line for line in lines if line.startswith("make run: ")]


def _wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


# --- Starting -------------------------------------------------------------------------------


@pytest.mark.processes
def test_it_prints_the_addresses_when_the_web_server_answers(stand_in: StandIn) -> None:
    console = stand_in()
    console.start()
    assert console.addresses() == "open http://localhost/ owner\n"
    assert _get(console) == repr(["web", None, os.environ["WEB_DATABASE_URL"]])
    assert "preparing\n" in console.output()
    _wait_for(lambda: "worker with owner\n" in console.output())
    assert stat.S_IMODE((console.data_dir / "secret-key").stat().st_mode) == 0o600


@pytest.mark.processes
def test_it_listens_on_both_loopback_addresses(stand_in: StandIn) -> None:
    console = stand_in()
    sockets = reserve_port(console.port)
    for sock in sockets:
        sock.close()
    console.start()
    assert _get(console, "127.0.0.1")
    if len(sockets) == 2:
        assert _get(console, "[::1]")


@pytest.mark.processes
def test_connections_that_browsers_open_ahead_do_not_occupy_it(stand_in: StandIn) -> None:
    console = stand_in()
    console.start()
    idle = [socket.create_connection(("127.0.0.1", console.port)) for _ in range(6)]
    time.sleep(0.3)
    began = time.monotonic()
    assert _get(console)
    assert time.monotonic() - began < 5
    for sock in idle:
        sock.close()


@pytest.mark.processes
def test_a_second_one_says_that_one_is_running(stand_in: StandIn) -> None:
    first = stand_in()
    first.start()
    second = stand_in(CONSOLE_DATA_DIR=str(first.data_dir))
    second.start(wait=None)
    assert second.wait() == 1
    [line] = second.output().splitlines()
    assert line.startswith("make run: the console is already running here")
    assert f"process {first.pid}, port {first.port}" in line
    assert _get(first)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CONSOLE_PORT": "http"}, "CONSOLE_PORT is 'http': use a whole number from 1 to 65535"),
        ({"CONSOLE_PORT": "70000"}, "CONSOLE_PORT is '70000'"),
        ({"CONSOLE_WEB_WORKERS": "0"}, "CONSOLE_WEB_WORKERS is '0'"),
        ({"WEB_DATABASE_URL": ""}, "DATABASE_URL is set, but WEB_DATABASE_URL is not"),
        ({"DATABASE_URL": ""}, "WEB_DATABASE_URL is set, but DATABASE_URL is not"),
        ({"WEB_DATABASE_URL": _NOWHERE}, "the server of WEB_DATABASE_URL cannot be used (conn"),
        ({"DATABASE_URL": "x:secret"}, "DATABASE_URL is not a PostgreSQL URL"),
        ({"PREPARE_STATUS": "3"}, "could not be brought up to date (exit status 3"),
        ({"WEB_APP": "nowhere:application"}, "the web server did not start (exit status"),
        ({"CONSOLE_DATA_DIR": "/dev/null/var"}, "/dev/null"),
        (
            {"DATABASE_URL": "", "WEB_DATABASE_URL": "", "CONSOLE_POSTGRES_VERSION": "9"},
            "no embedded PostgreSQL 9: use 16 or 18",
        ),
    ],
)
def test_what_keeps_it_from_starting_is_one_clear_line(
    stand_in: StandIn, environ: dict[str, str], message: str
) -> None:
    console = stand_in(**environ)
    console.start(wait=None)
    assert console.wait() == 1
    [line] = _errors(console)
    assert message in line
    assert "secret" not in line
    assert not console.addresses()
    if "WEB_APP" not in environ:  # gunicorn tells why in its own way
        assert "Traceback" not in console.output()


@pytest.mark.processes
def test_a_taken_port_is_one_clear_line(stand_in: StandIn) -> None:
    console = stand_in()
    with socket.create_server(("127.0.0.1", console.port)):
        console.start(wait=None)
        assert console.wait() == 1
    [line] = console.output().splitlines()
    assert f"port {console.port} is taken on 127.0.0.1" in line
    assert f"CONSOLE_PORT={console.port + 1} make run" in line


def test_a_port_taken_on_ipv6_alone_is_taken() -> None:
    try:
        taken = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with taken, pytest.raises(LauncherError, match="is taken on ::1"):
        reserve_port(taken.getsockname()[1])


# --- Watching -------------------------------------------------------------------------------


@pytest.mark.processes
def test_a_killed_worker_is_started_again(stand_in: StandIn) -> None:
    console = stand_in()
    console.start()
    killed = console.kill_worker()
    assert console.worker_pid(other_than=killed) != killed
    message = "The worker ended (killed by SIGKILL): starting it again in 1 s"
    assert message in console.output()
    assert _get(console)


@pytest.mark.processes
def test_a_killed_web_server_is_started_again_on_the_same_port(stand_in: StandIn) -> None:
    console = stand_in()
    console.start()
    before = console.web_pid()
    os.kill(before, signal.SIGKILL)
    assert console.web_pid(other_than=before) != before
    assert "web" in _get(console)
    assert "The web server ended (killed by SIGKILL)" in console.output()


# --- Stopping -------------------------------------------------------------------------------


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_everything_in_order(stand_in: StandIn, number: signal.Signals) -> None:
    console = stand_in(WORKER_SECONDS="0.5")
    console.start()
    pids = [pid for pid, _ in children_of(console.pid)]
    assert len(pids) == 2
    assert console.stop(number) == 0
    assert not [pid for pid in pids if _is_alive(pid)]
    assert "worker finished\n" in console.output()
    for sock in reserve_port(console.port):
        sock.close()


@pytest.mark.processes
def test_a_second_ctrl_c_does_not_wait_for_the_worker(stand_in: StandIn) -> None:
    console = stand_in(WORKER_SECONDS="50")
    console.start()
    _wait_for(lambda: "worker with owner" in console.output())
    console.send(signal.SIGINT)
    _wait_for(lambda: "Ctrl-C again ends it now" in console.output())
    console.send(signal.SIGINT)
    assert console.wait(10) == 0
    assert "worker finished" not in console.output()


@pytest.mark.processes
def test_it_can_be_stopped_while_it_prepares(stand_in: StandIn) -> None:
    console = stand_in(PREPARE_SECONDS="60")
    console.start(wait=None)
    _wait_for(lambda: "preparing" in console.output())
    [(preparing, _)] = children_of(console.pid)
    assert console.stop(signal.SIGINT) == 0
    assert not _is_alive(preparing)
    assert not _errors(console)


@pytest.mark.processes
@pytest.mark.skipif(sys.platform != "linux", reason="children learn of it on Linux alone")
def test_a_killed_supervisor_takes_its_children_with_it(stand_in: StandIn) -> None:
    console = stand_in()
    console.start()
    pids = [pid for pid, _ in children_of(console.pid)]
    console.stop(signal.SIGKILL)
    console.start()  # at once, while they still end
    assert _get(console)
    _wait_for(lambda: not [pid for pid in pids if _is_alive(pid)])
