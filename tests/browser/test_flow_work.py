"""What people do in the lists of their work: find tasks, pass them on, close them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.desk import Desk
from tests.browser.scene import ADMIN, PASSWORD
from tests.launcher import RunningConsole

pytestmark = [pytest.mark.browser, pytest.mark.processes]
HOST = "acme.localhost"
TASKS = "/tenant_data/task/"


@pytest.fixture
def at_work(scene_console: RunningConsole, new_page: Callable[..., Page], size: str) -> Desk:
    """Ada of Acme, on the list of tasks."""
    page = new_page(size)
    sign_in(page, scene_console.url(HOST), ADMIN, PASSWORD)
    page.goto(scene_console.url(HOST, TASKS))
    return Desk(page, scene_console, size)


def find(desk: Desk, text: str) -> None:
    search = desk.page.get_by_role("searchbox", name="Search tasks")
    search.fill(text)
    search.press("Enter")
    expect(desk.page.get_by_role("searchbox", name="Search tasks")).to_have_value(text)


def test_a_status_is_changed_in_the_list(at_work: Desk, size: str) -> None:
    reference = {"desktop": "WEB-266", "phone": "WEB-267"}[size]
    find(at_work, reference)
    box = at_work.page.get_by_label(f"Status of {reference}")
    box.select_option("done")
    expect(at_work.page.get_by_role("status")).to_contain_text(f"{reference} is “Done” now.")
    at_work.page.reload()
    expect(box).to_have_value("done")


def test_a_status_that_somebody_else_changed_is_shown_as_it_is(at_work: Desk, size: str) -> None:
    reference = {"desktop": "WEB-268", "phone": "WEB-269"}[size]
    find(at_work, reference)
    other = at_work.page.context.new_page()
    other.goto(at_work.page.url)
    other.get_by_label(f"Status of {reference}").select_option("review")
    expect(other.get_by_role("status")).to_contain_text("In review")
    box = at_work.page.get_by_label(f"Status of {reference}")
    box.select_option("done")
    expect(at_work.page.get_by_role("status")).to_contain_text("Somebody else changed")
    expect(box).to_have_value("review")


def test_tabs_and_filters_lead_to_what_one_looks_for(at_work: Desk) -> None:
    page = at_work.page
    page.get_by_role("link", name="Late", exact=True).click()
    expect(page.locator(".console-late").first).to_be_visible()
    page.get_by_role("button", name="Filters").click()
    panel = page.get_by_role("dialog", name="Filters")
    panel.get_by_label("Urgent").check()
    panel.get_by_role("button", name=re.compile("Apply")).click()
    expect(page).to_have_url(re.compile("work=late"))
    expect(page).to_have_url(re.compile("priority__exact=4"))
    expect(page.locator("#result_list tr.data-row").first).to_contain_text(
        re.compile("urgent", re.I)
    )


def test_tasks_are_passed_on_together(at_work: Desk, size: str) -> None:
    page = at_work.page
    find(at_work, {"desktop": "size guide", "phone": "returns form"}[size])
    boxes = page.locator("input.action-select")
    for number in (0, 1):
        boxes.nth(number).check()
    page.locator("select[name=action]").select_option("assign_selected")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="Assign 2 tasks", level=1)).to_be_visible()
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("Ines")
    page.get_by_role("option", name="Ines Duarte").click()
    page.get_by_role("button", name="Assign").click()
    at_work.says(re.compile("[12] tasks? (was|were) (changed|so already)"))
    for number in (0, 1):
        row = page.locator("#result_list tr.data-row").nth(number)
        expect(row).to_contain_text("Ines Duarte")


def test_what_is_next_in_a_project_is_shown_below_it(at_work: Desk) -> None:
    page = at_work.page
    at_work.page.goto(at_work.console.url(HOST, "/tenant_data/project/?q=WEB"))
    opener = page.get_by_role("button", name=re.compile("Expand row.*New web shop"))
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("heading", name="Next in this project").first).to_be_visible()
    page.get_by_role("link", name=re.compile("All .* tasks left to do")).click()
    expect(page).to_have_url(re.compile("work=open"))
