"""What is killed: a database that keeps what it committed, two workers and the web server, each a
real process, started again by hand as the launcher or systemd does by themselves."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse
from psycopg.conninfo import make_conninfo

from console.accounts.models import User
from console.data_folder import CHECKOUT
from console.launcher.config import Config
from console.launcher.programs import console_programs, web_environment
from console.postgres.embedded import EmbeddedServer, cluster
from console.postgres.embedded.logins import SUPERUSER
from tenants.models import Client
from tests.launcher import OURS, free_port
from tests.processes import manage, until
from tests.tenants.workers import Workers, own_folder, server_in, workers_on

#: A backend that is at work, if there is one: of the workers, the web server, or ours.
_TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
ORDER BY state IN ('active', 'idle in transaction') DESC, random() LIMIT 1
"""
_CSRF = "k" * 32


class Scene:
    """The processes, and how each kind of them is killed."""

    def __init__(
        self, server: EmbeddedServer, them: Workers, workers: list[Workers], rng: random.Random
    ) -> None:
        self.them, self._server, self._workers, self._rng = them, server, workers, rng
        self._web: subprocess.Popen[bytes] | None = None
        self._web_log = (them.folder / "web.log").open("ab")
        self._port = free_port()
        self._session = ""
        #: Set while the database is dead by our hand.
        self._is_database_dead = threading.Event()
        self._kill: dict[str, Callable[[], None]] = {
            "worker": self._kill_worker,
            "both workers": self._kill_workers,
            "web": self._kill_web,
            "postgres": self._kill_database,
            "backend": self._kill_backend,
        }

    def kill(self, what: str) -> None:
        """kill -9, or for a backend what the database does to one; several with a ``+``."""
        for each in what.split("+"):
            self._kill[each]()

    def mend(self) -> None:
        """Start again what is dead. The database first: nothing comes up without it."""
        if self._is_database_dead.is_set():
            # Its other processes end when they see that the first is gone.
            until(self._server.revive, what="PostgreSQL comes up again")
            self._is_database_dead.clear()
        for worker in self._workers:
            if not worker.is_alive:
                worker.start("-m", "tests.tenants.quick_worker")
        if self._web is None or self._web.poll() is not None:
            self._start_web()

    def ask_to_create(self, client: Client) -> None:
        """Press “Create schema” on the client's page. Raises ``OSError`` where nobody answers."""
        path = reverse(
            "admin:tenants_client_create_schema",
            args=[client.pk],
            urlconf=settings.PUBLIC_SCHEMA_URLCONF,
        )
        body = f"csrfmiddlewaretoken={_CSRF}"
        status = self._request("POST", path, body)
        assert status in (302, 500, 503), status

    def sign_in(self) -> None:
        """A member of the staff, and a session."""
        user = User.objects.create_superuser("olga@console.example", "never typed")
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        assert session.session_key is not None
        self._session = session.session_key

    def answers(self) -> bool:
        """Whether the web server serves."""
        try:
            return self._request("GET", "/readyz") == 200
        except OSError:
            return False

    def close(self) -> None:
        if self._web is not None:
            self._kill_web()
        self._web_log.close()

    def _request(self, method: str, path: str, body: str | None = None) -> int:
        headers = {
            "Host": f"localhost:{self._port}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={self._session}; "
            f"{settings.CSRF_COOKIE_NAME}={_CSRF}",
            "Sec-Fetch-Site": "same-origin",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            return connection.getresponse().status
        except http.client.HTTPException as exc:
            raise OSError(str(exc)) from exc  # It was killed in the middle of its answer.
        finally:
            connection.close()

    def _start_web(self) -> None:
        config = Config(self.them.data_dir, self._port, web_workers=2, own_server=False)
        environ = {name: value for name, value in os.environ.items() if name not in OURS}
        environ |= {"SECRET_KEY": settings.SECRET_KEY, "WEB_DATABASE_URL": self.them.web_url}
        (self.them.data_dir / "static").mkdir(exist_ok=True)
        self._web = subprocess.Popen(
            [*console_programs(config).web, "--bind", f"127.0.0.1:{self._port}"],
            cwd=CHECKOUT,
            env=web_environment(config, environ),
            stdout=self._web_log,
            stderr=self._web_log,
            start_new_session=True,
        )

    def _kill_worker(self) -> None:
        alive = [worker for worker in self._workers if worker.is_alive]
        if alive:
            self._rng.choice(alive).kill()

    def _kill_workers(self) -> None:
        for worker in self._workers:
            if worker.is_alive:
                worker.kill()

    def _kill_web(self) -> None:
        """All of its processes."""
        assert self._web is not None
        with suppress(ProcessLookupError):
            os.killpg(self._web.pid, signal.SIGKILL)
        self._web.wait()

    def _kill_database(self) -> None:
        """The first of its processes; the others end by themselves, in the middle of whatever."""
        found = cluster.read_pid_file(self.them.data_dir / f"postgres{self._server.version}")
        assert found is not None
        self._is_database_dead.set()
        os.kill(found.pid, signal.SIGKILL)

    def _kill_backend(self) -> None:
        # Where the database was killed together with it there is none.
        with suppress(psycopg.OperationalError), self.superuser() as connection:
            connection.execute(_TERMINATE)

    @contextmanager
    def superuser(self) -> Iterator[psycopg.Connection[Any]]:
        url = make_conninfo(self.them.owner_url, user=SUPERUSER)
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection


@contextmanager
def scene(rng: random.Random) -> Iterator[Scene]:
    """All of it up and answering, on a database that writes as an operator's does; this process's
    verbs are for it, and its files are there."""
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        server = stack.enter_context(server_in(folder, durable=True))
        them = stack.enter_context(workers_on(folder, server.urls()))
        stack.enter_context(them.inside())
        two = [Workers(folder, server.urls()) for _number in range(2)]
        for worker in two:
            stack.callback(worker.close)
        it = Scene(server, them, two, rng)
        stack.callback(it.close)
        # In a process of its own: what makes the template asks pg_dump, by this one's settings.
        manage(them, "migrate_schemas", "--shared")
        it.sign_in()
        it.mend()
        until(it.answers, what="the web server is up")
        yield it


def media_of(scene: Scene) -> Path:
    return scene.them.data_dir / "media"
