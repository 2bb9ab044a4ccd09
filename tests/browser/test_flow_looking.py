"""Those who only look: a viewer, and anybody on the home page. On the console with the demo."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import scene
from tests.browser.conftest import sign_in
from tests.browser.desk import Desk
from tests.launcher import RunningConsole

pytestmark = [pytest.mark.browser, pytest.mark.processes]

#: Where the cards and charts of the home page say how many there are.
NUMBERS = ".console-card-number, .home-bar-number, .home-month-number"
# Of a page that is read and not drawn: there are many of them.
_COUNT_ROWS = """
async (address) => {
    const text = await (await fetch(address)).text();
    // Its style has a nonce of its own, which this page would complain of.
    const plain = text.replace(/<style[^]*?<\\/style>/g, "");
    const page = new DOMParser().parseFromString(plain, "text/html");
    return page.querySelectorAll("#result_list tr.data-row").length;
}
"""
LISTS = ("client", "domain", "plan", "operation", "rollout")


@pytest.fixture
def viewer(scene_console: RunningConsole, new_page: Callable[..., Page], size: str) -> Desk:
    page = new_page(size)
    sign_in(page, scene_console.url(), scene.VIEWER, scene.PASSWORD)
    return Desk(page, scene_console, size)


def test_a_viewer_sees_everything_and_changes_nothing(viewer: Desk) -> None:
    page = viewer.page
    for name in LISTS:
        viewer.go(f"/tenants/{name}/")
        expect(page.locator("#result_list tr.data-row").first).to_be_visible()
        expect(page.locator("input.action-select")).to_have_count(0)
        expect(page.get_by_role("link", name=re.compile("^(Add |Import$)"))).to_have_count(0)
        page.locator("#result_list tr.data-row th a").first.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("^Save"))).to_have_count(0)
        expect(
            page.get_by_role("main").locator("input:not([type=hidden]), textarea")
        ).to_have_count(0)
    for path in ("/tenants/client/add/", "/tenants/client/2/suspend/", "/tenants/client/import/"):
        response = page.goto(viewer.console.url(path=path))
        assert response is not None
        assert response.status == 403
        expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()


def test_every_number_on_the_home_page_leads_to_as_many_rows(
    scene_console: RunningConsole, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    sign_in(page, scene_console.url(), scene.VIEWER, scene.PASSWORD)
    links = page.get_by_role("main").locator(f"a:has({NUMBERS})")
    found = links.evaluate_all(
        "(links, numbers) => links.map((a) => [a.href, a.querySelector(numbers).textContent])",
        NUMBERS,
    )
    assert len(found) > 20
    for address, number in found:
        assert page.evaluate(_COUNT_ROWS, address) == int(number.strip() or 0), address


def test_nothing_matches_says_so_and_leads_back(viewer: Desk) -> None:
    viewer.go("/tenants/client/?q=nobody-has-this-name")
    viewer.says("Nothing matches")
    viewer.page.get_by_role("main").get_by_role("link", name="Show all").click()
    expect(viewer.page.locator("#result_list tr.data-row").first).to_be_visible()
