"""Data folders for the tests of the embedded PostgreSQL, rows for those of every page, and one
person in three schemas for those of what is bound to one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.company.models import DataExport
from console.history.record import record_event
from tenant_data.models import (
    Attachment,
    Comment,
    Customer,
    Label,
    Milestone,
    Project,
    Task,
    TimeEntry,
)
from tenants.models import Client, Feature, OperationKind, Plan, Rollout, SchemaFinding
from tests.conftest import Browser
from tests.console.embedded import is_running, server_in
from tests.console.twins import make_twins
from tests.importing import an_import
from tests.site_map import SIDES


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a cluster in it, not running; each test leaves it so."""
    folder = tmp_path_factory.mktemp("data")
    server = server_in(folder)
    with server.hold():
        pass
    yield folder
    server.remove()
    assert not list(folder.iterdir())


@pytest.fixture(autouse=True)
def _nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "data_dir" in request.fixturenames:
        assert not is_running(request.getfixturevalue("data_dir"))


@pytest.fixture
def new_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder without a cluster; what a test makes there is removed."""
    folder = tmp_path / "var"
    yield folder
    server_in(folder).remove()


@pytest.fixture(scope="module")
def rows(made_once: None) -> dict[str, Any]:
    """One row of each model on each side, by ``side/app/model``; alpha's plan has it all."""
    alpha = Client.objects.get(schema_name="alpha")
    Plan.objects.filter(pk=alpha.plan_id).update(features=[*Feature])
    found = {
        "public/tenants/rollout": Rollout.objects.create(kind=OperationKind.MIGRATE_SCHEMA).pk,
        "public/tenants/operation": alpha.operations.get().pk,
        "public/tenants/client": alpha.pk,
        "public/tenants/domain": alpha.domains.get().pk,
        "public/tenants/plan": alpha.plan_id,
        "public/tenants/schemafinding": SchemaFinding.objects.create(
            schema_name="alpha",
            client=alpha,
            kind="drifted",
            differences=[
                {"object": "rights", "expected": "", "found": "Some"},
                {"object": "Some", "expected": "Some", "found": ""},
            ],
            difference_count=2,
        ).pk,
        "public/history/logentry": record_event(alpha, "suspended").pk,
        "public/importing/import": an_import("tenants.client").pk,
    }
    with schema_context("alpha"):
        project = Project.objects.create(key="WEB", name="Website")
        found["alpha/tenant_data/project"] = project.pk
        found["alpha/history/logentry"] = record_event(
            User.objects.get(email=alpha.admin_email), "user_deactivated"
        ).pk
        found["alpha/importing/import"] = an_import("tenant_data.task").pk
        found["alpha/company/dataexport"] = DataExport.objects.create(state="failed").pk
        task = Task.objects.create(project=project, title="t")
        found["alpha/tenant_data/task"] = task.pk
        found |= hanging_on(task)
        beta = Milestone.objects.create(project=project, name="Some")
        found["alpha/tenant_data/milestone"] = beta.pk
        found["alpha/tenant_data/customer"] = Customer.objects.create(name="Some").pk
        found["alpha/tenant_data/label"] = Label.objects.create(name="Some").pk
    for side in SIDES:
        with schema_context(side):
            found[f"{side}/accounts/user"] = User.objects.create_user("somebody@example.com").pk
            found[f"{side}/auth/group"] = Group.objects.create(name="Some").pk
    return found


def hanging_on(task: Task) -> dict[str, Any]:
    """One of everything that hangs on a task, by ``side/app/model``. The file is stored nowhere."""
    user = User.objects.get()
    rows = (
        Comment.objects.create(task=task, author=user, text="Some"),
        TimeEntry.objects.create(task=task, person=user, minutes=90),
        Attachment.objects.create(
            task=task, file="gone", name="Some", content_type="text/plain", size=4
        ),
    )
    return {f"alpha/{row._meta.label_lower.replace('.', '/')}": row.pk for row in rows}


@pytest.fixture
def visitor(db: None) -> Callable[[str, User | None], Browser]:
    hosts = {"public": settings.CONSOLE_DOMAIN, "alpha": "alpha.localhost"}
    return lambda side, user: Browser(hosts[side], side, user)


@pytest.fixture
def twins(db: None) -> dict[str, User]:
    """One user who is the same in alpha, in beta and among the staff, by the schema."""
    return make_twins()


@pytest.fixture
def in_alpha(
    tenant_browser: Callable[..., Browser], alpha: Client, twins: dict[str, User]
) -> Browser:
    """The one of alpha, signed in there."""
    return tenant_browser(alpha, twins["alpha"])


@pytest.fixture
def in_beta(
    tenant_browser: Callable[..., Browser], beta: Client, twins: dict[str, User]
) -> Browser:
    return tenant_browser(beta, twins["beta"])


@pytest.fixture
def at_the_staff(staff_browser: Callable[..., Browser], twins: dict[str, User]) -> Browser:
    return staff_browser(twins["public"])


@pytest.fixture(params=["in_beta", "at_the_staff"])
def elsewhere(request: pytest.FixtureRequest) -> Browser:
    """Where things of alpha's are taken: the same user of beta, then the same user of the staff."""
    return request.getfixturevalue(request.param)
