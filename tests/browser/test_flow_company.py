"""What a company's owner does beside the work: people come and go, settings, all data as a file."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.desk import SLOW, Desk
from tests.launcher import RunningConsole
from tests.processes import manage

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PASSWORD = "another-good-passphrase"
_SET_UP = """
from tenants.models import Feature, Plan
Plan.objects.create(code="all", name="All of it", max_users=5, features=Feature.values)
"""
_WORK = """
from django_tenants.utils import schema_context
from console.accounts.models import User
from tenant_data.models import Project, Task
with schema_context("{schema}"):
    ada = User.objects.get()
    ada.set_password("{password}")
    ada.save()
    project = Project.objects.create(key="WEB", name="Website")
    Task.objects.create(project=project, title="Draw it")
"""


@dataclass
class Office(Desk):
    """An owner at a company's own address."""

    host: str = ""

    def go(self, path: str) -> None:
        self.page.goto(self.console.url(self.host, path))


@pytest.fixture(scope="session")
def company(console: RunningConsole) -> str:
    """A company of its own with every feature; the name of its host."""
    schema = f"office_{os.getpid() % 10_000}"
    host = f"{schema.replace('_', '-')}.localhost"
    manage(console, "shell", "--verbosity=0", "-c", _SET_UP)
    names = [f"--schema-name={schema}", "--name=Office", f"--domain={host}", "--plan=all"]
    admin = ["--admin-name=Ada Owner", "--admin-email=ada@office.example"]
    manage(console, "create_tenant", "--noinput", *names, *admin)
    work = _WORK.format(schema=schema, password=PASSWORD)
    manage(console, "shell", "--verbosity=0", "-c", work)
    return host


@pytest.fixture
def office(
    console: RunningConsole, company: str, new_page: Callable[..., Page], size: str
) -> Office:
    page = new_page(size)
    sign_in(page, console.url(company), "ada@office.example", PASSWORD)
    return Office(page, console, size, host=company)


def invite(office: Office, name: str, email: str, role: str) -> str:
    """Add somebody; returns the link with which they come in."""
    office.go("/accounts/user/add/")
    office.field("E-mail address").fill(email)
    office.field("Name").fill(name)
    office.page.get_by_label(re.compile(rf"^\s*{role}\b")).check()
    office.save()
    office.press("Show the link")
    return office.page.get_by_label("Sign-in link", exact=True).input_value()


def test_somebody_is_invited_works_and_leaves(
    office: Office, new_page: Callable[..., Page], size: str
) -> None:
    email = f"bo-{size}@office.example"
    link = invite(office, f"Bo {size}", email, "Member")

    bo = new_page(size)
    bo.goto(link)
    bo.get_by_label("New password", exact=True).fill(PASSWORD)
    bo.get_by_label("New password confirmation").fill(PASSWORD)
    bo.get_by_role("button", name="Set the password and go in").click()
    expect(bo.get_by_role("heading", name="Home").first).to_be_visible()
    # A member works on tasks, and manages nobody.
    bo.goto(office.console.url(office.host, "/tenant_data/task/"))
    expect(bo.get_by_label("Status of WEB-1")).to_be_visible()
    answer = bo.goto(office.console.url(office.host, "/accounts/user/"))
    assert answer is not None
    assert answer.status == 403

    office.go(f"/accounts/user/?q={email}")
    office.row(email).get_by_role("link").first.click()
    office.act("Deactivate")
    office.press("Deactivate")
    bo.goto(office.console.url(office.host, "/tenant_data/task/"))
    expect(bo.get_by_role("button", name="Sign in")).to_be_visible()
    office.act("Reactivate")
    office.press("Reactivate")
    bo.goto(office.console.url(office.host))
    if bo.get_by_label("Password").count():
        sign_in(bo, office.console.url(office.host), email, PASSWORD)
    expect(bo.get_by_role("heading", name="Home").first).to_be_visible()


def test_the_last_owner_stays(office: Office) -> None:
    office.go("/accounts/user/?q=ada")
    office.row("ada@office.example").get_by_role("link").first.click()
    office.page.get_by_label(re.compile(r"^\s*Viewer\b")).check()
    office.save()
    office.says(re.compile("last owner", re.I))


def test_settings_are_the_companys_own(office: Office, size: str) -> None:
    office.go("/company/settings/")
    office.says("All of it")
    office.field("Company name").fill(f"Office {size}")
    office.page.get_by_label("Colour", exact=False).last.fill("#0f766e")
    office.save()
    expect(office.page).to_have_title(re.compile(f"Office {size}"))
    office.go("/company/settings/")
    expect(office.field("Company name")).to_have_value(f"Office {size}")


def test_all_data_is_taken_out_as_one_file(office: Office) -> None:
    office.go("/company/dataexport/")
    office.press("Make the file")
    expect(office.page.locator("[data-state=done]").first).to_be_visible(timeout=SLOW)
    with office.page.expect_download() as download:
        office.press("Download")
    with zipfile.ZipFile(download.value.path()) as file:
        assert {"README.txt", "people.csv", "projects.csv", "tasks.csv"} <= set(file.namelist())
        assert b"Draw it" in file.read("tasks.csv")
        assert b"ada@office.example" in file.read("people.csv")
