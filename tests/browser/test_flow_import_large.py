"""A company brings 20,000 tasks: from the file to the preview, the import, and back again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.desk import SLOW, Desk, ready_clients
from tests.browser.scene import PASSWORD
from tests.launcher import RunningConsole
from tests.processes import manage

pytestmark = [pytest.mark.browser, pytest.mark.processes]

ROWS = 20_000
TASKS = "/tenant_data/task/"

_LET_IN = """
from console.accounts.models import User
from django_tenants.utils import schema_context
from tenants.models import Client, Plan
Client.objects.filter(schema_name={schema!r}).update(
    plan=Plan.objects.get_or_create(code="large", name="Large")[0])
with schema_context({schema!r}):
    ada = User.objects.get(email={email!r})
    ada.set_password({password!r})
    ada.save()
"""


@pytest.fixture
def at_work(
    console_with_plan: RunningConsole, new_page: Callable[..., Page], size: str
) -> tuple[Desk, str]:
    """The first admin of a new company, signed in, and the company's host."""
    (client,) = ready_clients(console_with_plan, "Brings", 1)
    email = client.person("ada")
    let_in = _LET_IN.format(schema=client.schema, email=email, password=PASSWORD)
    manage(console_with_plan, "shell", "--verbosity=0", "-c", let_in)
    page = new_page(size)
    sign_in(page, console_with_plan.url(client.host), email, PASSWORD)
    return Desk(page, console_with_plan, size), client.host


def test_from_a_large_file_to_its_undoing(at_work: tuple[Desk, str], tmp_path: Path) -> None:
    desk, host = at_work
    file = tmp_path / "exported.csv"
    head = "Issue key;Titel;Project;Status;Labels;Due date"
    rows = (
        f"MANY-{n};Aufgabe für März {n};Many tasks;{'done' if n % 3 else 'open'};big, file;"
        f"2027-{n % 12 + 1:02}-15"
        for n in range(1, ROWS + 1)
    )
    file.write_text("\n".join([head, *rows, "MANY-x;Wrong;;;;"]), encoding="cp1252")

    desk.page.goto(desk.console.url(host, f"{TASKS}import/"))
    desk.page.locator("input[type=file]").set_input_files(file)
    desk.press("Show a preview")
    wait_for(desk, "1 row is in error and cannot be imported.")
    desk.says("Windows-1252")
    desk.says("“MANY-x” is not a reference such as WEB-12.")
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="Download the rows in error").click()
    faulty = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(faulty) == 2
    assert faulty[0].endswith("reason")

    desk.press(re.compile("^Import only the"))
    wait_for(desk, "exported.csv was imported")
    count = desk.page.locator(".importing-totals").first
    expect(count).to_contain_text("20,000")
    done = desk.page.url
    desk.page.goto(desk.console.url(host, f"{TASKS}?q=März"))
    assert desk.row("MANY-").count() > 1

    desk.page.goto(done)
    desk.page.get_by_text("Undo this import", exact=True).click()
    desk.press("Undo it now")
    wait_for(desk, "Undone by ")
    desk.page.goto(desk.console.url(host, TASKS))
    assert desk.row("MANY-").count() == 0


def wait_for(desk: Desk, text: str) -> None:
    """The page follows the worker by itself until it says this."""
    expect(desk.page.get_by_text(text).first).to_be_visible(timeout=SLOW)
