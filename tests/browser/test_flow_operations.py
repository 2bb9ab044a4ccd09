"""Operations that fail and that wait: what is said of them, trying again, and cancelling."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from psycopg.sql import SQL, Identifier

from tests.browser.desk import SLOW, Desk, new_client
from tests.launcher import RunningConsole
from tests.processes import database

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture
def worker_stands_still(console_with_plan: RunningConsole) -> Iterator[None]:
    pid = console_with_plan.worker_pid()
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)


def test_one_that_fails_says_why_and_is_tried_again(desk: Desk) -> None:
    client = new_client("Blocked")
    desk.add_client(client)
    with database(desk.console) as connection:
        # Somebody made a schema of that name by hand.
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(client.schema)))
        desk.open_client(client)
        desk.act("Create schema")
        desk.press("Create schema")
        desk.follow("failed")

        # In plain words; what the database said is folded.
        alert = desk.page.get_by_role("main").get_by_role("alert")
        expect(alert).to_contain_text(client.schema)
        detail = alert.locator("details")
        if detail.count():
            assert detail.get_attribute("open") is None
        connection.execute(SQL("DROP SCHEMA {}").format(Identifier(client.schema)))

    # All that failed are tried again from the list.
    desk.go("/tenants/operation/?state__exact=failed")
    desk.page.get_by_role("link", name="failed one").or_(
        desk.page.get_by_role("link", name="failed ones")
    ).first.click()
    desk.press("Try again")
    desk.open_client(client)
    expect(desk.page.get_by_role("region", name="History")).to_be_visible()
    desk.page.get_by_role("link", name="Create schema #").first.click()
    desk.follow("succeeded")


@pytest.mark.usefixtures("worker_stands_still")
def test_one_that_waits_is_cancelled(desk: Desk) -> None:
    client = new_client("Patient")
    desk.add_client(client)
    desk.open_client(client)
    desk.act("Create schema")
    desk.press("Create schema")
    expect(desk.page.locator("[data-state=queued]")).to_be_visible(timeout=SLOW)
    desk.page.get_by_role("link", name="Cancel").click()
    desk.press("Cancel the operation")
    desk.follow("cancelled")
    desk.open_client(client)
    desk.status("Draft")
    desk.act("Create schema")
    desk.says(f"Create the schema of {client.name}?")
