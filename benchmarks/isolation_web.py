"""The console's pages, watched from inside: under which role does each statement run?

Ahead of every statement the server itself is asked who it runs as and where, past everything that
the backend remembers. What is not what the request's host calls for is written down. One line is
added for each request to a file that ``WATCH_FILE`` names: its statements, and the wrong ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.pq import TransactionStatus

from console.postgres.backend.cursors import ScopedCursorMixin
from console.postgres.roles import role_for
from console.wsgi import application as console

_ASK = "SELECT current_user, current_setting('search_path')"


class Watch:
    """What the request that is being answered may be, and what it was."""

    def __init__(self) -> None:
        self.allowed: set[tuple[str, str]] = set()
        self.statements = 0
        self.wrong: list[str] = []

    def begin(self, host: str) -> None:
        """As web in ``public``, and as the host's own tenant."""
        schema = host.split(":")[0].split(".")[0].replace("-", "_")
        self.allowed = {(settings.WEB_ROLE, '"public"')}
        if schema.startswith("bench_"):
            database = connection.settings_dict["NAME"]
            self.allowed.add((role_for(database, schema), f'"{schema}"'))
        self.statements, self.wrong = 0, []

    def look(self, raw: psycopg.Connection[Any]) -> None:
        if raw.info.transaction_status == TransactionStatus.INERROR:
            return  # PostgreSQL takes no question, and no statement, but a rollback.
        seen = psycopg.Cursor(raw).execute(_ASK).fetchone()
        self.statements += 1
        if seen not in self.allowed:
            self.wrong.append(f"{seen}")

    def end(self, host: str) -> None:
        with open(os.environ["WATCH_FILE"], "a", encoding="utf-8") as file:
            file.write(f"{self.statements}\t{';'.join(self.wrong)}\t{host}\n")


watch = Watch()
_enter_scope = ScopedCursorMixin._enter_scope


def _enter_and_look(cursor: Any) -> None:
    _enter_scope(cursor)
    watch.look(cursor.connection)


ScopedCursorMixin._enter_scope = _enter_and_look  # type: ignore[method-assign]


def application(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    """The console's, to the last byte; ``X-Expect`` names another host to be judged as."""
    host = environ["HTTP_HOST"]
    watch.begin(environ.get("HTTP_X_EXPECT", host))
    body: Iterable[bytes] = console(environ, start_response)
    try:
        yield from body
    finally:
        if hasattr(body, "close"):
            body.close()
        watch.end(host)
