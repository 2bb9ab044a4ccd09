"""The main job, as a person does it, on the real processes."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.data_folder import CHECKOUT
from tests.browser.conftest import sign_in
from tests.launcher import RunningConsole

pytestmark = [pytest.mark.browser, pytest.mark.processes]

FIXTURES = CHECKOUT / "fixtures"
PASSWORD = "another-good-passphrase"
#: Schemas take about a second each; the machine may be busy with other tests.
SLOW = 120_000


def upload(page: Page, file: Path) -> None:
    """Import a file that has no errors, as far as the preview."""
    page.get_by_role("link", name="Import", exact=True).click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Show a preview").click()


def confirm(page: Page, rows: int) -> None:
    page.get_by_role("button", name=f"Import {rows} rows").click()
    expect(page.get_by_role("heading", name="was imported", level=2)).to_be_visible()
    expect(page.locator(".importing-totals dd").first).to_have_text(str(rows))


def plain_tasks(file: Path, *, rows: int) -> Path:
    """A file of tasks for a company that has no people and no milestones yet."""
    with (FIXTURES / "tasks_acme.csv").open(newline="", encoding="utf-8") as source:
        tasks = list(csv.DictReader(source))[:rows]
    with file.open("w", newline="", encoding="utf-8") as target:
        columns = ["reference", "project", "title", "description", "status", "priority", "due_on"]
        writer = csv.DictWriter(target, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(tasks)
    return file


def follow_sign_in_link(staff: Page, console: RunningConsole, client: str, page: Page) -> None:
    """Show the link of a client's first admin to staff; open it as that admin."""
    staff.goto(console.url(path="/tenants/client/"))
    staff.get_by_role("link", name=re.compile(f"^{client}")).click()
    staff.get_by_role("link", name="Sign-in link", exact=True).click()
    staff.get_by_role("button", name="Show the link").click()
    link = staff.get_by_label("Sign-in link", exact=True).input_value()
    page.goto(link)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password confirmation").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page).to_have_title(re.compile(client))


def test_from_a_file_of_clients_to_a_tenants_tasks(
    console: RunningConsole, staff: Page, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    # Plans first, for the clients' file names them.
    staff.goto(console.url(path="/tenants/plan/"))
    upload(staff, FIXTURES / "plans.csv")
    confirm(staff, 5)

    # The preview of the clients says what would come of it, and makes nothing.
    staff.goto(console.url(path="/tenants/client/"))
    upload(staff, FIXTURES / "clients.csv")
    expect(staff.get_by_text("acme.localhost").filter(visible=True).first).to_be_visible()
    passer_by = new_page()
    assert status(passer_by, console.url("acme.localhost")) == 404
    confirm(staff, 24)
    assert status(passer_by, console.url("acme.localhost")) == 503

    # Two of them get a schema, and the page follows until they are ready.
    staff.goto(console.url(path="/tenants/client/?q=localhost"))
    for name in ("Acme Corporation", "Globex"):
        staff.get_by_role("row", name=name).get_by_role("checkbox").check()
    staff.locator("select[name=action]").select_option(label="Create schemas")
    staff.get_by_role("button", name=re.compile("Run")).click()
    expect(staff.get_by_text("Create the schemas of 2 clients?")).to_be_visible()
    staff.get_by_role("button", name="Create schemas").click()
    expect(staff.locator("[data-state=finished]")).to_be_visible(timeout=SLOW)

    # The first admin of one of them comes in through the link.
    admin = new_page()
    follow_sign_in_link(staff, console, "Acme Corporation", admin)

    # Hundreds of tasks from a file.
    admin.goto(console.url("acme.localhost", "/tenant_data/task/"))
    upload(admin, plain_tasks(tmp_path / "tasks.csv", rows=600))
    confirm(admin, 600)
    admin.goto(console.url("acme.localhost", "/tenant_data/task/"))
    total = admin.get_by_text(re.compile(r"600\s+tasks")).filter(visible=True)
    expect(total).to_have_count(1)
    admin.goto(console.url("acme.localhost", "/tenant_data/task/?q=WEB-1"))
    expect(admin.get_by_role("link", name="WEB-1", exact=True)).to_be_visible()

    # The other tenant knows nothing of it, and does not know the session.
    cookies = admin.context.cookies()
    session = next(cookie for cookie in cookies if cookie["name"] == "sessionid")
    thief = new_page()
    thief.context.add_cookies([{**_as_param(session), "domain": "globex.localhost"}])
    thief.goto(console.url("globex.localhost", "/tenant_data/task/"))
    expect(thief.get_by_role("button", name="Sign in")).to_be_visible()

    # Signed out is signed out.
    sign_out(admin)
    admin.goto(console.url("acme.localhost", "/tenant_data/task/"))
    expect(admin.get_by_role("button", name="Sign in")).to_be_visible()
    sign_in(admin, console.url("acme.localhost"), "ada@acme.example", PASSWORD)


def status(page: Page, address: str) -> int:
    response = page.goto(address)
    assert response is not None
    return response.status


def _as_param(cookie: Any) -> dict[str, Any]:
    return {name: cookie[name] for name in ("name", "value", "path")}


def sign_out(page: Page) -> None:
    page.goto(page.url.split("/tenant_data")[0] + "/")
    page.get_by_text("ada@acme.example").first.click()
    page.get_by_role("button", name=re.compile("Log out|Sign out")).click()
