"""Without a mouse, and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import scene
from tests.browser.conftest import SIZES
from tests.browser.desk import Desk, new_client
from tests.launcher import RunningConsole

pytestmark = [pytest.mark.browser, pytest.mark.processes]

#: So many presses of Tab lead through the longest page.
FAR = 120
_FOCUS = """
() => {
    const element = document.activeElement;
    const text = (element.labels?.[0] ?? element).cloneNode(true);
    text.querySelectorAll("[aria-hidden=true]").forEach((symbol) => symbol.remove());
    const box = element.getBoundingClientRect();
    const below = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
        name: (element.getAttribute("aria-label") ?? text.textContent).replace("*", "").trim(),
        covered: below !== null && !element.contains(below) && !below.contains(element),
        where: element.outerHTML.slice(0, 200),
    };
}
"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus. Nothing on the way lies under a bar."""
    for _ in range(FAR):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        assert not focus["covered"], focus["where"]
        if focus["name"] == name:
            return
    pytest.fail(f"Tab does not lead to {name!r}.")


@pytest.fixture
def size() -> str:
    return "desktop"


def test_a_client_is_added_by_the_keyboard_alone(desk: Desk) -> None:
    page, client = desk.page, new_client("Keyed")
    keys = page.keyboard

    # The palette leads to the list, and the first hit is chosen.
    keys.press("Control+k")
    # The palette takes the focus once it is drawn: what is typed before goes nowhere.
    expect(page.get_by_role("searchbox", name="Search").last).to_be_focused()
    keys.type("clients")
    page.locator("#command-results-list li.active").wait_for()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Clients", level=1)).to_be_visible()

    tab_to(page, "Add client")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Add client", level=1)).to_be_visible()
    tab_to(page, "Name")
    keys.type(client.name)
    tab_to(page, "Plan")
    keys.type("Basic")
    tab_to(page, "First admin's name")
    keys.type("Ada")
    tab_to(page, "First admin's e-mail")
    keys.type(client.person("ada"))
    tab_to(page, "Domain")
    keys.type(client.host)
    # One goes on in a row that is added; a row too many is taken away again.
    tab_to(page, "Add another Domain")
    keys.press("Enter")
    keys.type("one-too-many")
    expect(page.locator("#id_domains-1-domain")).to_have_value("one-too-many")
    tab_to(page, "Take this row away")
    keys.press("Enter")
    expect(page.locator("#id_domains-1-domain")).to_have_count(0)
    tab_to(page, "Save")
    keys.press("Enter")
    desk.says("was added successfully")


def test_menus_and_panels_open_and_close_by_the_keyboard(desk: Desk) -> None:
    page = desk.page
    desk.go("/tenants/client/")
    tab_to(page, "Filters")
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Filters")
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.locator(".console-user-button").focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("button", name="Sign out")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_the_first_tab_leads_past_the_menu(desk: Desk) -> None:
    desk.go("/tenants/plan/")
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("Tab")
    focused = "document.querySelector('main').contains(document.activeElement)"
    assert desk.page.evaluate(focused)


@pytest.mark.parametrize("width", SIZES)
def test_lists_and_forms_without_scripts(
    scene_console: RunningConsole, chromium: Browser, width: str
) -> None:
    context = chromium.new_context(viewport=SIZES[width], java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(scene_console.url())
    page.get_by_label("E-mail address").fill(scene.STAFF)
    page.get_by_label("Password").fill(scene.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.locator("#nav-sidebar").get_by_text("Clients", exact=True).last.click()
    expect(page.locator("#result_list")).to_contain_text("Acme Corporation")
    page.get_by_label("Search clients").fill("globex")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Globex").first.click()
    page.get_by_label("External reference").fill(f"WITHOUT-{width}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    context.close()
