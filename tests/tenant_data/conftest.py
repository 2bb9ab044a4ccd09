"""A company at work: alpha, with two projects and some tasks, a plan, and a storage."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Project, Task, TaskPriority, TaskStatus
from tenants.models import Client, Feature, Plan
from tests.conftest import Browser
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


@dataclass(frozen=True)
class Company:
    """Alpha at work, as it is for each test of a module."""

    people: dict[str, User]
    scene: Scene
    files: Path
    #: One for each of its people who were asked for, in which they have signed in.
    browsers: dict[int, Browser]


@pytest.fixture(scope="module")
def company(made_once: None, tmp_path_factory: pytest.TempPathFactory) -> Company:
    alpha = Client.objects.get(schema_name="alpha")
    give_plan(alpha, *Feature)
    # Otherwise the first request of a test would note it.
    Client.objects.filter(pk=alpha.pk).update(last_active_at=timezone.now())
    files = tmp_path_factory.mktemp("media")
    # Storages anew, for one that was asked before remembers where it was.
    anew = override_settings(MEDIA_ROOT=files, STORAGES={**django_settings.STORAGES})
    with anew, schema_context("alpha"):
        people = make_people()
        scene = make_scene(people)
    browsers = {user.pk: Browser("alpha.localhost", "alpha", user) for user in people.values()}
    return Company(people, scene, files, browsers)


@pytest.fixture
def people(company: Company, db: None) -> dict[str, User]:
    """Somebody of alpha's for each role, and ``anyone``, who has none. Alpha is in use."""
    with schema_context("alpha"):
        found = User.objects.in_bulk([user.pk for user in company.people.values()])
    return {who: found[user.pk] for who, user in company.people.items()}


@pytest.fixture
def scene(company: Company, settings: Any, storage: Path) -> Scene:
    """Rows of every model of a company's side, in every state that a button is for."""
    settings.MEDIA_ROOT = str(company.files)
    return company.scene


@pytest.fixture
def browser_of(company: Company) -> Callable[[User], Browser]:
    """``browser_of(user)``: a browser of somebody of alpha's."""
    return lambda user: company.browsers[user.pk].another()
