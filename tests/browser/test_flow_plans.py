"""A plan is added, given to a client, retired, and refuses to be deleted."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk, new_client

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_a_plan_from_its_first_day_to_its_last(desk: Desk) -> None:
    client = new_client("Tariff")
    name, code = f"Plan of {client.name}", f"plan-{client.schema.replace('_', '-')}"
    desk.go("/tenants/plan/")
    desk.page.get_by_role("link", name="Add plan").click()
    desk.field("Name").fill(name)
    desk.field("Code").fill(code)
    desk.field("Price").fill("12.50")
    desk.field("Users").fill("3")
    desk.page.get_by_label("Attachments").check()
    desk.save()
    desk.says("was added successfully")
    expect(desk.row(name)).to_contain_text("12.50 EUR")

    desk.add_client(client, plan=name)

    # In use, it is not deleted, and says who has it.
    desk.go("/tenants/plan/")
    desk.row(name).get_by_role("link", name=name, exact=True).click()
    desk.page.get_by_role("link", name="Delete plan").click()
    desk.says("cannot be deleted")
    desk.page.get_by_role("main").get_by_role("link", name="1 client").first.click()
    expect(desk.row(client.name)).to_be_visible()

    # Retired, its client keeps it, and a new client cannot have it.
    desk.go("/tenants/plan/")
    desk.row(name).get_by_role("link", name=name, exact=True).click()
    desk.act("Retire")
    desk.says("1 client has it and keeps it")
    desk.press("Retire")
    desk.go("/tenants/client/add/")
    assert name not in desk.field("Plan").inner_text()
    desk.open_client(client)
    assert desk.field("Plan").locator("option:checked").inner_text().startswith(name)
