"""A company at work: alpha, with two projects and some tasks, a plan, and a storage."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Project, Task, TaskPriority, TaskStatus
from tenants.models import Client, Feature, Plan
from tests.role_lines import Scene
from tests.tenant_data.company_scene import make_people, make_scene
from tests.tenant_data.work import a_task, give_plan, someone


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    """Where files are kept: a folder of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def web(alpha: Client) -> Iterator[Project]:
    """A project of alpha's with four tasks: late, mine, done and nobody's."""
    today = timezone.localdate()
    with schema_context("alpha"):
        owner = User.objects.get(email=alpha.admin_email)
        project = Project.objects.create(key="WEB", name="Website")
        yesterday = today - datetime.timedelta(days=1)
        Task.objects.create(
            project=project, title="Was due", due_on=yesterday, priority=TaskPriority.URGENT
        )
        Task.objects.create(project=project, title="Is mine", assignee=owner, due_on=today)
        Task.objects.create(
            project=project, title="Is done", status=TaskStatus.DONE, due_on=yesterday
        )
        Task.objects.create(project=project, title="Is nobody's")
    return project


@pytest.fixture
def plan(alpha: Client) -> Plan:
    """Alpha's plan has every feature."""
    return give_plan(alpha, *Feature)


@pytest.fixture
def task(alpha: Client) -> Task:
    return a_task()


@pytest.fixture
def signed_in(tenant_browser: Any, alpha: Client) -> Callable[..., Any]:
    """``signed_in("Wanda", "view_task")``: a browser of somebody with these rights alone."""
    return lambda name, *rights: tenant_browser(alpha, someone(name, *rights))


@pytest.fixture
def browser(tenant_browser: Any, alpha: Client, owner: User) -> Any:
    """The owner's, on alpha's host."""
    return tenant_browser(alpha, owner)


@pytest.fixture
def people(alpha: Client, plan: Plan) -> dict[str, User]:
    """Somebody of alpha's for each role, and ``anyone``, who has none. Alpha is in use."""
    # Otherwise the first request of a test would note it.
    Client.objects.filter(pk=alpha.pk).update(last_active_at=timezone.now())
    with schema_context("alpha"):
        return make_people()


@pytest.fixture
def scene(people: dict[str, User]) -> Scene:
    """Rows of every model of a company's side, in every state that a button is for."""
    with schema_context("alpha"):
        return make_scene(people)


@pytest.fixture
def browser_of(tenant_browser: Any, alpha: Client) -> Callable[[User], Any]:
    """``browser_of(user)``: a browser of somebody of alpha's."""
    return lambda user: tenant_browser(alpha, user)
