"""What is typed into a form is saved once, or it is said that it was not."""

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


@pytest.fixture
def size() -> str:
    return "desktop"


@pytest.fixture
def at_work(scene_console: RunningConsole, new_page: Callable[..., Page], size: str) -> Desk:
    """Ada of Acme, signed in."""
    page = new_page(size)
    sign_in(page, scene_console.url(HOST), ADMIN, PASSWORD)
    return Desk(page, scene_console, size)


def new_task(desk: Desk, title: str) -> None:
    """The form of a new task, filled in."""
    page = desk.page
    page.goto(desk.console.url(HOST, "/tenant_data/project/?q=WEB"))
    link = desk.row("WEB").get_by_role("link").first.get_attribute("href") or ""
    project = re.findall(r"/(\d+)/", link)[0]
    page.goto(desk.console.url(HOST, f"/tenant_data/task/add/?project={project}"))
    page.locator("#id_title").fill(title)


def count_of(desk: Desk, title: str) -> int:
    desk.page.goto(desk.console.url(HOST, f"/tenant_data/task/?q={title}"))
    return desk.row(title).count()


def test_a_double_click_saves_once(at_work: Desk) -> None:
    new_task(at_work, "Doubly")
    sent: list[str] = []
    # Chromium takes two clicks at once for one; those of a hand have a moment in between.
    at_work.page.on("request", lambda request: sent.append(request.method))
    button = at_work.page.get_by_role("button", name="Save", exact=True)
    button.evaluate("(save) => { save.click(); setTimeout(() => save.click(), 20); }")
    at_work.says("was added successfully")
    assert sent.count("POST") == 1
    assert count_of(at_work, "Doubly") == 1


def test_the_button_that_was_pressed_still_counts(at_work: Desk) -> None:
    new_task(at_work, "Another")
    at_work.page.get_by_role("button", name="Save and add another").dblclick()
    at_work.says("You may add another")
    assert count_of(at_work, "Another") == 1


def test_a_form_is_free_again_where_nothing_was_sent(at_work: Desk) -> None:
    new_task(at_work, "")
    at_work.save()
    expect(at_work.page.locator("#id_title:invalid")).to_be_visible()
    at_work.page.locator("#id_title").fill("Late title")
    at_work.save()
    at_work.says("was added successfully")


def test_a_form_that_one_goes_back_to_can_be_sent(at_work: Desk) -> None:
    new_task(at_work, "Again")
    at_work.save()
    at_work.says("was added successfully")
    at_work.page.go_back()
    at_work.page.locator("#id_title").fill("Once more")
    at_work.save()
    at_work.says("was added successfully")
    assert count_of(at_work, "Once more") == 1


def test_a_file_can_be_fetched_twice(at_work: Desk) -> None:
    at_work.page.goto(at_work.console.url(HOST, "/tenant_data/label/export/"))
    for _ in range(2):
        with at_work.page.expect_download():
            at_work.press("Export")


def sign_out_elsewhere(page: Page) -> None:
    """As if the session had ended while the page stood open."""
    page.context.clear_cookies(name=re.compile("sessionid$"))


def sign_in_again(page: Page) -> None:
    page.get_by_label("E-mail address").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_who_was_signed_out_meanwhile_finds_what_they_typed(at_work: Desk) -> None:
    page = at_work.page
    new_task(at_work, "Typed for long")
    sign_out_elsewhere(page)
    at_work.save()
    at_work.says("You were signed out meanwhile, so this was not saved.")
    sign_in_again(page)
    expect(page.locator("#id_title")).to_have_value("")
    # What comes in between is the sign-in page, which has nothing to say any more.
    page.go_back()
    page.go_back()
    expect(page.locator("#id_title")).to_have_value("Typed for long")
    at_work.save()
    at_work.says("was added successfully")


def test_a_status_says_that_one_was_signed_out(at_work: Desk) -> None:
    page = at_work.page
    page.goto(at_work.console.url(HOST, "/tenant_data/task/?q=WEB-270"))
    sign_out_elsewhere(page)
    page.get_by_label("Status of WEB-270").select_option("review")
    expect(page.get_by_role("status")).to_contain_text("You were signed out. Sign in again.")
