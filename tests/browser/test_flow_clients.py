"""The life of a client, as staff and its first admins see it, on a desktop and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES
from tests.browser.desk import SLOW, Desk, NewClient, new_client, ready_clients
from tests.launcher import RunningConsole

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PASSWORD = "another-good-passphrase"


@pytest.fixture(scope="module")
def ready(console_with_plan: RunningConsole) -> list[NewClient]:
    """A client with its schema for each test of what comes after that, on each screen."""
    return ready_clients(console_with_plan, "Ready", 3 * len(SIZES))


def set_password(admin: Page, link: str) -> None:
    """What an admin does with a sign-in link."""
    admin.goto(link)
    admin.get_by_label("New password", exact=True).fill(PASSWORD)
    admin.get_by_label("New password confirmation").fill(PASSWORD)
    admin.get_by_role("button", name="Set the password and go in").click()


def answer_of(page: Page, address: str) -> int:
    response = page.goto(address)
    assert response is not None
    return response.status


def test_a_new_client_until_its_admins_are_in(desk: Desk, new_page: Callable[..., Page]) -> None:
    client = new_client("Fresh")
    host = desk.console.url(client.host)
    desk.add_client(client)
    desk.create_schema(client)
    desk.says("Its first admin, Ada Lindqvist, needs the sign-in link.")

    # The first admin comes in through the link, to an empty place that says what to do first.
    desk.page.get_by_role("link", name="Show sign-in link").click()
    desk.press("Show the link")
    admin = new_page(desk.size)
    set_password(admin, desk.page.get_by_label("Sign-in link", exact=True).input_value())
    expect(admin).to_have_title(re.compile(client.name))
    expect(admin.get_by_role("heading", name="First steps")).to_be_visible()

    # Another admin is added on the client's page, and comes in the same way.
    desk.open_client(client)
    desk.page.get_by_role("link", name="Add admin").first.click()
    desk.field("Name").fill("Berta Brown")
    desk.field("E-mail address").fill(client.person("berta"))
    desk.press("Add admin")
    desk.says("is an admin now, without a password")
    desk.press("Show the link")
    second = new_page(desk.size)
    set_password(second, desk.page.get_by_label("Sign-in link", exact=True).input_value())
    expect(second.get_by_role("heading", name="First steps")).to_be_visible()
    assert second.url.startswith(host)

    # Both are on the client's page, and what was done is in its history.
    desk.open_client(client)
    admins = desk.page.get_by_role("region", name="Admins of the tenant")
    expect(admins).to_contain_text("Ada Lindqvist")
    expect(admins).to_contain_text("Berta Brown")
    expect(desk.page.get_by_role("region", name="History")).to_contain_text("Create schema")


def test_suspended_and_open_again(
    desk: Desk, ready: list[NewClient], new_page: Callable[..., Page]
) -> None:
    client = ready.pop()
    passer_by = new_page(desk.size)
    address = desk.console.url(client.host, "/login/")
    assert answer_of(passer_by, address) == 200

    desk.open_client(client)
    desk.act("Suspend")
    desk.says("nobody gets in")
    desk.field("Reason").fill("Two bills are open")
    desk.press("Suspend")
    desk.says(f"{client.name} is suspended.")
    desk.status("Suspended")
    assert answer_of(passer_by, address) == 503
    expect(passer_by.get_by_role("heading", level=1)).to_be_visible()

    desk.act("Reactivate")
    desk.press("Reactivate")
    desk.says(f"{client.name} is active again.")
    desk.status("Active")
    assert answer_of(passer_by, address) == 200
    expect(desk.page.get_by_role("region", name="History")).to_contain_text("Two bills are open")


def test_archived_restored_and_dropped(
    desk: Desk, ready: list[NewClient], new_page: Callable[..., Page]
) -> None:
    client = ready.pop()
    passer_by = new_page(desk.size)
    address = desk.console.url(client.host, "/login/")

    archive(desk, client)
    assert answer_of(passer_by, address) == 404
    desk.act("Restore")
    desk.press("Restore")
    desk.says(f"{client.name} is restored. Its status: Active.")
    assert answer_of(passer_by, address) == 200

    # Dropped by its name alone, and gone; the client stays in the list of the archived.
    archive(desk, client)
    desk.act("Drop schema")
    desk.says("This cannot be undone.")
    desk.field("Name of the schema").fill("something_else")
    desk.press("Drop schema")
    expect(desk.field("Name of the schema")).to_have_value("something_else")
    desk.field("Name of the schema").fill(client.schema)
    desk.press("Drop schema")
    desk.follow("succeeded")
    desk.open_client(client)
    desk.status("Archived")
    assert answer_of(passer_by, address) == 404


def archive(desk: Desk, client: NewClient) -> None:
    """Archive a client whose data need not be kept beyond today."""
    desk.open_client(client)
    desk.act("Archive")
    desk.field("Keep the data until").fill(date.today().isoformat())
    desk.press("Archive")
    desk.says(f"{client.name} is archived.")
    desk.status("Archived")


def test_the_page_of_a_client_is_filled_in(
    desk: Desk, ready: list[NewClient], new_page: Callable[..., Page]
) -> None:
    client = ready.pop()
    desk.open_client(client)

    # The sample follows the colour as it is typed, before anything is saved.
    sample = desk.page.locator(".branding-frame .branding-button").first
    before = sample.evaluate("element => getComputedStyle(element).backgroundColor")
    desk.field("Colour").fill("#be123c")
    expect(sample).not_to_have_css("background-color", before)
    desk.field("Tags").fill("pilot, key account")
    desk.save()
    desk.says("was changed successfully")

    desk.open_client(client)
    expect(desk.field("Tags")).to_have_value("key account, pilot")
    use = desk.page.get_by_role("region", name="Use")
    expect(use).to_contain_text("Users")
    expect(use.locator("svg").first).to_be_visible()

    # The client's own pages have the colour.
    visitor = new_page(desk.size)
    visitor.goto(desk.console.url(client.host))
    button = visitor.get_by_role("button", name="Sign in")
    expect(button).to_have_css("background-color", "rgb(190, 18, 60)", timeout=SLOW)
