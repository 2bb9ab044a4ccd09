"""Requests that end badly, where they are asked to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from console.accounts.models import User


class EndingsMiddleware:
    """Before the page: what can go wrong in one, by the name in ``X-Ending``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        ending = ENDINGS.get(request.headers.get("X-Ending", ""))
        answer = ending() if ending else None
        return answer or self.get_response(request)


def _fail() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def _exception() -> None:
    with transaction.atomic():
        User.objects.update(name="never")
        raise RuntimeError("asked for")


def _swallowed() -> None:
    with transaction.atomic():
        User.objects.update(name="never")
        with suppress(DatabaseError):
            _fail()


def _savepoint() -> None:
    with transaction.atomic():
        with suppress(DatabaseError), transaction.atomic():
            _fail()
        User.objects.count()


def _rollback() -> None:
    with transaction.atomic():
        User.objects.update(name="never")
        transaction.set_rollback(True)


def _timeout() -> None:
    with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5ms'")
        cursor.execute("SELECT pg_sleep(1)")


def _abandoned() -> None:
    """A server-side cursor that is never read to its end."""
    list(islice(User.objects.iterator(chunk_size=1), 1))


def _streamed() -> StreamingHttpResponse:
    """Read after the response has left the view and every middleware."""
    return StreamingHttpResponse(f"{user.name}\n" for user in User.objects.iterator(chunk_size=2))


ENDINGS: dict[str, Callable[[], Any]] = {
    "exception": _exception,
    "swallowed": _swallowed,
    "savepoint": _savepoint,
    "rollback": _rollback,
    "timeout": _timeout,
    "abandoned": _abandoned,
    "streamed": _streamed,
}
