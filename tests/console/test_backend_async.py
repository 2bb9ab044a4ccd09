"""Tasks that take turns: each statement runs in the tenant that its own task entered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connection, connections
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.urls import path
from django_tenants.utils import schema_context

from console.accounts.models import User
from tests.console.scopes import scope, scope_of

pytestmark = [pytest.mark.smoke, pytest.mark.usefixtures("web_login")]

SCHEMAS = ("alpha", "beta", "public")
InThread = Callable[[Callable[..., Any]], Callable[..., Awaitable[Any]]]


def scope_and_close() -> tuple[str, str]:
    """For a thread that nobody comes back to."""
    try:
        return scope()
    finally:
        connection.close()


@pytest.fixture(params=[True, False], ids=["in one thread", "in any thread"])
def in_thread(request: pytest.FixtureRequest) -> InThread:
    """``sync_to_async`` in both its ways."""
    return lambda function: sync_to_async(function, thread_sensitive=request.param)


def run_together(*works: Awaitable[Any]) -> list[Any]:
    """Each as a task of its own; what the shared thread has opened is closed."""

    async def run() -> list[Any]:
        try:
            return await asyncio.gather(*works)
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(run())


class Turns:
    """``await turns.next()``: go on when all have come as far."""

    def __init__(self, tasks: int) -> None:
        self._tasks, self._here, self._gate = tasks, 0, asyncio.Event()

    async def next(self) -> None:
        self._here += 1
        if self._here == self._tasks:
            self._here, gate, self._gate = 0, self._gate, asyncio.Event()
            gate.set()
        else:
            await self._gate.wait()


def test_work_that_enters_its_tenant_itself(in_thread: InThread) -> None:
    def look(schema: str) -> list[tuple[str, str]]:
        with schema_context(schema):
            return [scope(), scope_and_close()]

    async def work(schema: str) -> list[tuple[str, str]]:
        return [seen for _round in range(5) for seen in await in_thread(look)(schema)]

    seen = run_together(*(work(schema) for schema in SCHEMAS))
    assert seen == [[scope_of(schema)] * 10 for schema in SCHEMAS]


def test_a_tenant_that_is_entered_in_one_step_and_asked_in_another(in_thread: InThread) -> None:
    """In one thread, the others enter theirs on the same connection in between."""
    turns = Turns(len(SCHEMAS))

    async def work(schema: str) -> list[tuple[str, str]]:
        seen = []
        await in_thread(connection.set_schema)(schema)
        for _round in range(3):
            await turns.next()
            seen.append(await in_thread(scope_and_close)())
        return seen

    seen = run_together(*(work(schema) for schema in SCHEMAS))
    assert seen == [[scope_of(schema)] * 3 for schema in SCHEMAS]


def test_a_tenant_that_a_coroutine_enters(in_thread: InThread) -> None:
    turns = Turns(2)

    async def work(schema: str) -> list[Any]:
        with schema_context(schema):
            await turns.next()
            first = await in_thread(scope_and_close)()
            await turns.next()
            people = [user.email async for user in User.objects.all()]
            user = await User.objects.aget()
        await turns.next()
        return [first, people, user.email, await in_thread(scope_and_close)()]

    seen = run_together(*(work(schema) for schema in ("alpha", "beta")))
    for schema, answers in zip(("alpha", "beta"), seen, strict=True):
        email = f"ada@{schema}.example"
        assert answers == [scope_of(schema), [email], email, scope_of("public")]


def test_a_task_that_entered_nothing_is_in_no_tenant(in_thread: InThread) -> None:
    """Whatever the last task has left in the thread."""

    async def leave_in_alpha() -> None:
        await in_thread(connection.set_schema)("alpha")
        await sync_to_async(scope)()

    async def work() -> list[tuple[str, str]]:
        await asyncio.create_task(leave_in_alpha())
        return [await in_thread(scope_and_close)(), await sync_to_async(scope)()]

    assert run_together(work()) == [[scope_of("public")] * 2]


def test_tasks_that_a_task_starts_are_where_it_is(in_thread: InThread) -> None:
    turns = Turns(2)

    async def child(schema: str | None) -> tuple[str, str]:
        if schema:
            await in_thread(connection.set_schema)(schema)
        await turns.next()
        return await in_thread(scope_and_close)()

    async def work() -> list[tuple[str, str]]:
        with schema_context("alpha"):
            children = await asyncio.gather(child(None), child("beta"))
            return [*children, await in_thread(scope_and_close)()]

    assert run_together(work()) == [[scope_of("alpha"), scope_of("beta"), scope_of("alpha")]]


# --- Views ----------------------------------------------------------------------------------


#: All requests of a test wait for each other in their pages.
all_here: ContextVar[Turns] = ContextVar("all_here")


async def view(request: HttpRequest) -> JsonResponse:
    first = await sync_to_async(scope)()
    await all_here.get().next()
    user = await User.objects.afirst()
    return JsonResponse({"seen": [first, await sync_to_async(scope)()], "user": str(user)})


async def streaming_view(request: HttpRequest) -> StreamingHttpResponse:
    async def lines() -> AsyncIterator[str]:
        for _line in range(3):
            await all_here.get().next()
            yield f"{await sync_to_async(scope)()}\n"

    return StreamingHttpResponse(lines())


urlpatterns = [path("scope/", view), path("stream/", streaming_view)]


@pytest.fixture
def _pages(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = settings.PUBLIC_SCHEMA_URLCONF = __name__
    # The handler has a thread for each request, and nobody comes back to it.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


async def get(address: str, host: str) -> str:
    """What Django answers to a server that speaks ASGI."""
    request = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": address,
        "query_string": b"",
        "headers": [(b"host", host.encode())],
    }
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    received.put_nowait({"type": "http.request", "body": b""})
    parts: list[bytes] = []

    async def send(message: dict[str, Any]) -> None:
        parts.append(message.get("body", b""))

    await ASGIHandler()(request, received.get, send)
    return b"".join(parts).decode()


@pytest.mark.usefixtures("_pages")
@pytest.mark.parametrize("address", ["/scope/", "/stream/"])
def test_requests_that_async_views_answer_at_once(address: str) -> None:
    hosts = {"alpha": "alpha.localhost", "beta": "beta.localhost", "public": "localhost"}
    all_here.set(Turns(len(hosts)))
    answers = run_together(*(get(address, host) for host in hosts.values()))
    for schema, answer in zip(hosts, answers, strict=True):
        assert scope_of(schema)[1] in answer
        for other in set(hosts) - {schema}:
            assert scope_of(other)[1] not in answer
