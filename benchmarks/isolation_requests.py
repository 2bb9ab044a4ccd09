"""The requests of ``isolation``: who sends them, what they ask for, and how answers are judged."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import psycopg
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection
from django.test import Client as Browser
from django_tenants.utils import schema_context

from console import env
from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenants.models import Client

#: In every text of every row: whose it is.
MARK = "mark-{}-of-a-tenant"
_MARKS = re.compile(rb"mark-(\d+)-of-a-tenant")
CSRF = "c" * 32

_ROWS = """
UPDATE accounts_user SET name = %(mark)s;
INSERT INTO accounts_user
    (password, is_superuser, email, name, is_staff, is_active, date_joined, preferences)
SELECT %(password)s, false, 'p' || n || '@example.com', %(mark)s, true, true, now(), '{}'
FROM generate_series(1, %(rows)s) n;
INSERT INTO tenant_data_project
    (key, name, description, status, colour, created_at, last_number)
SELECT 'P' || n, %(mark)s, %(mark)s, 'active', 'blue', now(), 0
FROM generate_series(1, %(rows)s) n;
INSERT INTO tenant_data_task (project_id, number, title, description, status, priority,
    position, created_at, updated_at)
SELECT id, 1, %(mark)s, %(mark)s, 'open', 2, 0, now(), now() FROM tenant_data_project;
"""


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in at a tenant; the first task's key is the same at each."""

    number: int
    host: str
    cookies: str
    task: int


@dataclass(frozen=True)
class Kind:
    """A kind of request. ``path`` and ``data`` are made for the visitor."""

    weight: int
    path: Callable[[Visitor], str]
    data: Callable[[Visitor], dict[str, str]] | None = None
    statuses: tuple[int, ...] = (200,)
    ending: str = ""
    #: With the session of another tenant.
    with_foreign_session: bool = False
    is_staffs: bool = False


@dataclass
class Answer:
    status: int
    own: int = 0
    foreign: list[str] = field(default_factory=list)


def _at(path: str) -> Callable[[Visitor], str]:
    return lambda visitor: path


def _of_task(tail: str) -> Callable[[Visitor], str]:
    return lambda visitor: f"/tenant_data/task/{visitor.task}/{tail}"


_CHOICES = "/autocomplete/?app_label=tenant_data&model_name={}&field_name={}"

KINDS: dict[str, Kind] = {
    "tasks": Kind(4, _at("/tenant_data/task/")),
    "task": Kind(2, _of_task("change/")),
    "home": Kind(1, _at("/")),
    "people": Kind(1, _at("/accounts/user/")),
    "search": Kind(12, _at("/search/?s=mark")),
    "choices of projects": Kind(12, _at(_CHOICES.format("task", "project"))),
    "choices of people": Kind(12, _at(_CHOICES.format("task", "assignee"))),
    "status": Kind(
        10,
        _of_task("status/"),
        data=lambda visitor: {"from": "open", "to": "open"},
        statuses=(200, 204, 286, 302),
    ),
    "invalid form": Kind(1, _of_task("change/"), data=lambda visitor: {"title": ""}),
    "no such row": Kind(3, _at("/tenant_data/task/999999999/change/"), statuses=(302,)),
    "no such page": Kind(3, _at("/no/such/page/"), statuses=(404,)),
    "a session of another tenant": Kind(
        6, _at("/tenant_data/task/"), statuses=(302,), with_foreign_session=True
    ),
    "the staff's sign-in": Kind(3, _at("/login/"), is_staffs=True),
    "the staff's pages": Kind(3, _at("/tenants/client/"), statuses=(302,), is_staffs=True),
    "an exception": Kind(6, _at("/search/?s=mark"), statuses=(500,), ending="exception"),
    **{
        f"after: {ending}": Kind(5, _at("/search/?s=mark"), ending=ending)
        for ending in ("swallowed", "savepoint", "rollback", "timeout", "abandoned")
    },
    "streamed": Kind(6, _at("/"), ending="streamed"),
}


def visitors(clients: list[Client], *, rows: int) -> list[Visitor]:
    """Fill each tenant with marked rows, and sign its owner in."""
    found = []
    for number, client in enumerate(clients):
        words = {"mark": MARK.format(number), "rows": rows, "password": UNUSABLE_PASSWORD_PREFIX}
        context = schema_context(client.schema_name)
        with context, owner_rights(), connection.cursor() as cursor:
            cursor.execute(_ROWS, words)
            cursor.execute("SELECT min(id) FROM tenant_data_task")
            task = cursor.fetchone()[0]
        found.append(sign_in(client, number, task))
    return found


def sign_in(client: Client, number: int, task: int) -> Visitor:
    """The first admin of ``bench_<number>``, who asks for that task."""
    browser = Browser()
    with schema_context(client.schema_name):
        browser.force_login(User.objects.get(email=client.admin_email))
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"
    return Visitor(number, f"bench-{number}.localhost", cookies, task)


def send(
    port: int,
    kind: Kind,
    visitor: Visitor,
    other: Visitor,
    *,
    judged_as: Visitor | None = None,
    watched_as: Visitor | None = None,
) -> Answer:
    """Send one request and look for marks in its answer. Status 0: the connection broke."""
    host = settings.CONSOLE_DOMAIN if kind.is_staffs else visitor.host
    is_foreign = kind.with_foreign_session and other.number != visitor.number
    cookies = other.cookies if is_foreign else visitor.cookies
    headers = {"Host": f"{host}:{port}", "Cookie": cookies, "Sec-Fetch-Site": "same-origin"}
    if kind.ending:
        headers["X-Ending"] = kind.ending
    if watched_as:
        headers["X-Expect"] = watched_as.host
    body = None
    if kind.data:
        body = urlencode(kind.data(visitor))
        headers |= {"X-CSRFToken": CSRF, "Content-Type": "application/x-www-form-urlencoded"}
    connection_ = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection_.request("POST" if body else "GET", kind.path(visitor), body, headers)
        response = connection_.getresponse()
        status, content = response.status, response.read()
    except (OSError, http.client.HTTPException):
        return Answer(0)
    finally:
        connection_.close()
    if kind.with_foreign_session and not is_foreign:
        status = 302  # By chance it was the visitor's own.
    return judge(status, content, judged_as or visitor)


def judge(status: int, content: bytes, visitor: Visitor) -> Answer:
    """The marks in an answer, told apart."""
    answer = Answer(status)
    for found in _MARKS.findall(content):
        if int(found) == visitor.number:
            answer.own += 1
        else:
            answer.foreign.append(f"a row of {int(found)} at {visitor.number}")
    return answer


def owner_connection() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(**(env.conninfo("owner") or {}), autocommit=True)
