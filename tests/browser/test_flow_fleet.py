"""The fleet's page: a thousand clients, and a schema without a client from finding to end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import SLOW, Desk
from tests.launcher import RunningConsole
from tests.processes import manage

pytestmark = [pytest.mark.browser, pytest.mark.processes]

FLEET = "/tenants/schemafinding/"
_MANY = """
from django.utils import timezone
from tenants.models import Client, ClientStatus, FindingKind, SchemaFinding
clients = Client.objects.bulk_create(
    Client(schema_name=f"thousand_{n}", name=f"Thousand {n}", admin_email="ada@many.example",
           status=ClientStatus.ACTIVE, provisioned_at=timezone.now()) for n in range(1000))
SchemaFinding.objects.bulk_create(
    SchemaFinding(schema_name=client.schema_name, client=client, kind=FindingKind.MISSING)
    for client in clients)
"""
_NO_MORE = """
from tenants.models import Client
Client.objects.filter(schema_name__startswith="thousand_").delete()
"""
_ORPHAN = """
from tenants.schemas.provision import create_any_schema
create_any_schema("{name}", report=lambda *args, **kwargs: None)
"""


def shell(console: RunningConsole, script: str) -> None:
    manage(console, "shell", "--verbosity=0", "-c", script)


@pytest.fixture
def thousand(console_with_plan: RunningConsole) -> Iterator[None]:
    shell(console_with_plan, _MANY)
    yield
    shell(console_with_plan, _NO_MORE)


@pytest.mark.usefixtures("thousand")
def test_a_thousand_clients_are_counted_found_and_paged(desk: Desk) -> None:
    page = desk.page
    desk.go(FLEET)
    page.get_by_role("link", name="1000 Missing").click()
    expect(page.locator("#result_list tr.data-row")).to_have_count(50)
    expect(page.get_by_text("1000 findings")).to_be_visible()
    expect(page.get_by_role("link", name="Provision again thousand_0", exact=True)).to_be_visible()
    search = page.get_by_role("textbox", name="Schema or client").or_(
        page.get_by_placeholder("Schema or client")
    )
    search.first.fill("thousand_77")
    search.first.press("Enter")
    expect(page.locator("#result_list tr.data-row")).to_have_count(11)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_schema_without_a_client_is_found_adopted_or_dropped(desk: Desk) -> None:
    page, console = desk.page, desk.console
    names = [f"{what}_{desk.size}" for what in ("adopted", "dropped")]
    for name in names:
        shell(console, _ORPHAN.format(name=name))
    desk.go(FLEET)
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("A worker looks at all schemas now")).to_be_visible()
    row = page.get_by_role("link", name=f"Adopt {names[0]}", exact=True)
    see_after_a_while(page, row.count)

    row.click()
    host = f"{names[0].replace('_', '-')}.localhost"
    page.get_by_label("Name", exact=False).first.fill("Adopted")
    page.get_by_label("Plan").select_option(label="Basic")
    page.get_by_label("Admin's name").fill("Ada")
    page.get_by_label("Admin's e-mail address").fill(f"ada@{host}.example")
    page.get_by_label("Domain").fill(host)
    page.get_by_role("main").get_by_role("button", name="Adopt").click()
    expect(page.locator("[data-state=succeeded]")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("The schema is the client's.", exact=True)).to_be_visible()

    desk.go(FLEET)
    expect(row).to_have_count(0)
    page.get_by_role("link", name=f"Drop {names[1]}", exact=True).click()
    page.get_by_label("Name of the schema").fill(names[1])
    page.get_by_role("main").get_by_role("button", name="Drop").click()
    expect(page.locator("[data-state=succeeded]")).to_be_visible(timeout=SLOW)
    desk.go(FLEET)
    expect(page.get_by_text(re.compile(f"{names[1]}"))).to_have_count(0)


def see_after_a_while(page: Page, is_there: Callable[[], int]) -> None:
    """Open the page again until a worker has looked."""
    for _turn in range(60):
        if is_there():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("the worker has not looked")
