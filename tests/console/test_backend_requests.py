"""However a request ends, the next on its connection is in the scope of its own host."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template.response import SimpleTemplateResponse
from django.test import RequestFactory
from django.urls import path

from console.accounts.models import User
from tests.console.scopes import scope, scope_of

pytestmark = [pytest.mark.smoke, pytest.mark.usefixtures("web_login", "_pages")]

HOSTS = {"alpha": "alpha.localhost", "beta": "beta.localhost", "public": "localhost"}
RAISES_IN = ("before", "process_view", "process_exception", "process_template_response", "after")


class Broken(Exception):
    pass


class BreakingMiddleware:
    """Raises where ``?in=…`` says, with a statement of the tenant's just sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.break_in(request, "before")
        response = self.get_response(request)
        self.break_in(request, "after")
        return response

    def process_view(self, request: HttpRequest, *args: Any) -> None:
        self.break_in(request, "process_view")

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        self.break_in(request, "process_exception")

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        self.break_in(request, "process_template_response")
        return response

    def break_in(self, request: HttpRequest, where: str) -> None:
        if request.GET.get("in") == where:
            User.objects.count()
            raise Broken(where)


# --- Pages ----------------------------------------------------------------------------------


def look(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"scope": scope(), "people": list(User.objects.values_list("email"))})


def end(request: HttpRequest) -> HttpResponse:
    return ENDINGS[request.GET["as"]]() or HttpResponse()


def _raise_in_transaction() -> None:
    with transaction.atomic():
        User.objects.update(name="never")
        raise Broken


def _fail() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def _swallow_in_transaction() -> None:
    with transaction.atomic():
        User.objects.update(name="never")
        with suppress(DatabaseError):
            _fail()


def _leave_autocommit_off() -> None:
    connection.set_autocommit(False)
    User.objects.update(name="never")


def _leave_a_transaction_open() -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
    User.objects.count()
    with suppress(DatabaseError):
        _fail()


def _leave_a_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE; RESET search_path")


def _leave_in_beta() -> None:
    connection.set_schema("beta")
    User.objects.count()
    raise Broken


def _leave_rows_unread() -> None:
    list(islice(User.objects.iterator(chunk_size=1), 1))


def _stream() -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        yield "\n".join(user.email for user in User.objects.iterator(chunk_size=1))
        yield f" {scope()}"
        raise Broken

    return StreamingHttpResponse(lines())


def _template() -> SimpleTemplateResponse:
    return SimpleTemplateResponse("console/unknown_host.html")


ENDINGS: dict[str, Callable[[], HttpResponse | None]] = {
    "an exception in a transaction": _raise_in_transaction,
    "an error of the database": _fail,
    "an error that was swallowed": _swallow_in_transaction,
    "autocommit off": _leave_autocommit_off,
    "an open transaction in error": _leave_a_transaction_open,
    "no role": _leave_a_role,
    "another tenant": _leave_in_beta,
    "rows that nobody read": _leave_rows_unread,
    "a stream": _stream,
    "a template": _template,
}
urlpatterns = [path("look/", look), path("end/", end)]


# --- Requests -------------------------------------------------------------------------------


@pytest.fixture
def _pages(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = settings.PUBLIC_SCHEMA_URLCONF = __name__
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.BreakingMiddleware"]
    # Each of the exceptions is asked for.
    logging.getLogger("django.request").disabled = True
    yield
    logging.getLogger("django.request").disabled = False


def request(host: str, address: str, *, parts: int | None = None) -> tuple[int, str]:
    """As a server asks: from the signal before the request to the one after its last byte.

    With ``parts``, the browser goes away after so many of them.
    """
    statuses: list[str] = []
    address, _mark, query = address.partition("?")
    environ = RequestFactory()._base_environ(
        PATH_INFO=address, QUERY_STRING=query, HTTP_HOST=HOSTS[host]
    )
    response = WSGIHandler()(environ, lambda status, headers: statuses.append(status))
    try:
        body = b"".join(islice(response, parts))
    except Broken:
        body = b"broken"
    finally:
        response.close()
    return int(statuses[0].split()[0]), body.decode()


def assert_alone(host: str) -> None:
    """A page of the host has the host's scope and the host's people, on whatever connection."""
    status, body = request(host, "/look/")
    seen = json.loads(body)
    assert status == 200
    assert tuple(seen["scope"]) == scope_of(host)
    assert seen["people"] == ([] if host == "public" else [[f"ada@{host}.example"]])


@pytest.mark.parametrize("here", ["alpha", "public"])
@pytest.mark.parametrize("where", RAISES_IN)
def test_an_exception_in_a_middleware(where: str, here: str) -> None:
    ending = {"process_exception": "an error of the database"}.get(where, "a template")
    address = f"/end/?as={ending.replace(' ', '+')}&in={where}"
    for there in HOSTS:
        assert request(here, address)[0] == 500
        assert_alone(there)


@pytest.mark.parametrize("here", ["alpha", "public"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_page_that_ends_badly(ending: str, here: str) -> None:
    for there in HOSTS:
        request(here, f"/end/?as={ending.replace(' ', '+')}")
        assert_alone(there)


def test_a_stream_that_the_browser_leaves() -> None:
    for there in HOSTS:
        assert request("alpha", "/end/?as=a+stream", parts=1) == (200, "ada@alpha.example")
        assert_alone(there)


def test_a_stream_is_in_its_tenant_to_the_last_byte() -> None:
    assert scope_of("alpha")[1] in request("alpha", "/end/?as=a+stream", parts=2)[1]
