"""What nobody types by mistake: it gets an answer, and the answer is not a fault of the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Project
from tenants.models import Client
from tests.conftest import Browser

pytestmark = pytest.mark.long

QUERIES = [
    "p=-1", "p=0", "p=99999999999999999999", "p=abc", "o=999", "o=-a.b", "e=1", "all=", "nosuch=1",
    "q=%00", "q=" + "x" * 5000, "q='\"<script>", "q=%F0%9F%98%80", "status__exact=nope",
    "project__id__exact=abc", "assignee__id__exact=9999999999999999999999", "plan__id__exact=%00",
    "created_at__range=", "created_at__year=99999999999999", "created_at__regex=(",
    "plan__id__range=1", "language__range=a,b", "kind__iregex=[", "tenant__status__regex=(",
    "groups__id__range=", "timestamp__range=", "is_retired__range=1", "tags__overlap=x",
    "schema=zzz", "kind__exact=%00", "client__id__exact=abc", "s=%00&extended=1", "s=x&page=abc",
]  # fmt: skip
KEYS = ["abc", "0", "-1", "99999999999999999999999", "%00", "1'%20or%201", "a_5Fb"]
ACTIONS = ["change", "delete", "history", "live", "retry"]
VALUES = [
    "\x00", "a\x00b", "<script>alert(1)</script>", "'; drop table x;--", "\N{GRINNING FACE}" * 50,
    "\N{RIGHT-TO-LEFT OVERRIDE}evil", "x" * 100_000, "", " ", "-1", "1e400", "9" * 21,
]  # fmt: skip

#: Those that reach furthest where the rest of the form is good: to the database.
HARDEST = ["\x00", "9" * 21, ""]

STAFF_LISTS = ["tenants/client", "tenants/domain", "tenants/plan", "tenants/operation",
               "tenants/rollout", "accounts/user", "auth/group"]  # fmt: skip
TENANT_LISTS = ["tenant_data/task", "tenant_data/project", "tenant_data/comment",
                "tenant_data/timeentry", "tenant_data/attachment", "accounts/user",
                "auth/group"]  # fmt: skip


@pytest.fixture
def staff(operator: User, staff_browser: Callable[..., Browser]) -> Browser:
    return staff_browser(operator, raise_request_exception=False)


@pytest.fixture
def tenant(alpha: Client, owner: User, tenant_browser: Callable[..., Browser]) -> Browser:
    return tenant_browser(alpha, owner, raise_request_exception=False)


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Browser:
    return request.getfixturevalue(request.param)


LISTS = [
    *(pytest.param("staff", f"/{path}/", id=f"staff-{path}") for path in STAFF_LISTS),
    *(pytest.param("tenant", f"/{path}/", id=f"tenant-{path}") for path in TENANT_LISTS),
]


@pytest.mark.parametrize(("browser", "path"), LISTS, indirect=["browser"])
def test_in_the_address_of_a_list(browser: Browser, path: str) -> None:
    faults = [q for q in QUERIES if browser.get(f"{path}?{q}").status_code >= 500]
    assert faults == []


@pytest.mark.parametrize("query", ["created_at__range=", "plan__id__range=1", "q=%00"])
def test_in_the_address_of_an_export(staff: Browser, query: str) -> None:
    assert staff.get(f"/tenants/client/export/?{query}").status_code < 500


@pytest.mark.parametrize("browser", ["staff", "tenant"], indirect=True)
def test_in_a_search(browser: Browser) -> None:
    terms = ["s=%00", "s=" + "y" * 3000, "s=%25", "s=x&page=0", "s=x&page=abc"]
    faults = [q for q in terms if browser.get(f"/search/?{q}&extended=1").status_code >= 500]
    assert faults == []


@pytest.mark.parametrize("browser", ["staff", "tenant"], indirect=True)
@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken"])
def test_in_a_cookie(browser: Browser, cookie: str) -> None:
    quoted = '"' + r"\000" + "a" * 30 + '"'  # browsers quote; Python reads the octal number
    response = browser.get("/", headers={"cookie": f"{cookie}={quoted}"})
    assert response.status_code < 500


@pytest.mark.parametrize(("browser", "path"), LISTS, indirect=["browser"])
def test_in_the_place_of_a_key(browser: Browser, path: str) -> None:
    pages = [f"{path}{key}/{action}/" for key in KEYS for action in ACTIONS]
    assert [page for page in pages if browser.get(page).status_code >= 500] == []
    assert [page for page in pages if browser.post(page).status_code >= 500] == []


@pytest.mark.parametrize(
    ("browser", "path", "form"),
    [
        (
            "staff",
            "/tenants/client/add/",
            {
                "name": "Gamma",
                "schema_name": "gamma",
                "plan": "1",
                "colour": "#112233",
                "admin_name": "Gus",
                "admin_email": "gus@gamma.example",
                "domains-TOTAL_FORMS": "1",
                "domains-INITIAL_FORMS": "0",
                "domains-0-domain": "gamma.localhost",
                "domains-0-is_primary": "on",
            },
        ),
        ("staff", "/tenants/plan/add/", {"code": "x", "name": "X", "price": "1"}),
        ("staff", "/tenants/domain/add/", {"domain": "q.localhost", "tenant": "1"}),
        ("staff", "/accounts/user/add/", {"email": "a@b.example", "name": "n"}),
        (
            "tenant",
            "/tenant_data/task/add/",
            {
                "project": "1",
                "title": "t",
                "description": "",
                "status": "open",
                "priority": "2",
                "assignee": "",
                "due_on": "2026-01-01",
            },
        ),
        ("tenant", "/tenant_data/project/add/", {"key": "AB", "name": "n"}),
        ("tenant", "/auth/group/add/", {"name": "g"}),
        ("tenant", "/login/", {"username": "a", "password": "b"}),
        ("tenant", "/password_change/", {"old_password": "a", "new_password1": "b"}),
    ],
    indirect=["browser"],
)
def test_in_a_form(browser: Browser, path: str, form: dict[str, Any]) -> None:
    with schema_context("alpha"):
        Project.objects.create(key="WEB", name="Website")
    everywhere = [(value, dict.fromkeys(form, value)) for value in VALUES]
    alone = [((field, value), {field: value}) for field in form for value in HARDEST]
    faults = [
        name
        for name, change in everywhere + alone
        if browser.post(path, {**form, **change}).status_code >= 500
    ]
    assert faults == []
