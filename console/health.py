"""What a load balancer asks: whether the process lives, and whether it can serve.

The answers are two words. They are given on any host and by any scheme, for a load balancer has
neither, and before everything that could refuse, redirect, or set a cookie.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import Error, connection, transaction
from django.http import HttpRequest, HttpResponse

from console.postgres.contexts import tenants_connection
from console.postgres.exceptions import ScopeSwitchFailed
from tenants.schemas.migrate import known_migrations
from tenants.validators import PUBLIC_SCHEMA

logger = logging.getLogger(__name__)

#: How long the database may take to say that it is there, by its own clock.
_PATIENCE = "2s"
#: And by ours, where it does not even say that it took too long (seconds).
_SILENCE = 3.0


class HealthMiddleware:
    """Answers ``/healthz`` and ``/readyz``; everything else goes on. Belongs first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            return answer(request, lambda: True)
        if request.path_info == "/readyz":
            return answer(request, is_ready)
        return self.get_response(request)


def answer(request: HttpRequest, question: Callable[[], bool]) -> HttpResponse:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={**headers, "Allow": "GET, HEAD"})
    good = question()
    text = "ok" if good else "not ready"
    return HttpResponse(
        "" if request.method == "HEAD" else text,
        status=200 if good else 503,
        content_type="text/plain",
        headers={**headers, "Content-Length": str(len(text))},
    )


def is_ready() -> bool:
    """Whether the database answers, and ``public`` has every migration that the code has."""
    wanted = known_migrations(PUBLIC_SCHEMA)
    try:
        # Otherwise the process would be kept until its supervisor kills it, and so would the next.
        with tenants_connection().answered_within(_SILENCE):
            lacking = wanted - applied_to_public()
    except (Error, ScopeSwitchFailed) as exc:
        # Its text may name hosts and logins; whoever looks for them knows where the database is.
        logger.warning("Not ready: the database does not answer (%s).", type(exc).__name__)
        return False
    if lacking:
        logger.warning("Not ready: %d migrations of the console are missing.", len(lacking))
    return not lacking


def applied_to_public() -> frozenset[str]:
    """What ``public``'s own record says was applied, as ``app.name``."""
    connection.set_schema_to_public()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_PATIENCE])
        cursor.execute("SELECT app, name FROM django_migrations")
        return frozenset(f"{app}.{name}" for app, name in cursor.fetchall())
