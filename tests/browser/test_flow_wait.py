"""Who fails to sign in too often reads for how long they have to wait, on both sides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.launcher import RunningConsole

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.mark.parametrize("host", ["localhost", "acme.localhost"])
def test_seven_wrong_passwords(
    host: str, scene_console: RunningConsole, new_page: Callable[..., Page]
) -> None:
    page = new_page("phone")
    page.goto(scene_console.url(host, "/login/"))
    for _time in range(7):
        page.get_by_label("E-mail address").fill("nobody@company.example")
        page.get_by_label("Password").fill("a guess")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state("load")
    expect(page.get_by_role("heading", level=1)).to_have_text("Please wait a little")
    expect(page.get_by_text("Come back in 15 minutes")).to_be_visible()
    assert axe.issues(page, "wait", set()) == []
    page.get_by_role("link", name="Go to the sign-in page").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
