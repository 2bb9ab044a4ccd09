"""A form whose row somebody else deleted meanwhile: in words, and on the way back to the list."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.models import Client
from tests.conftest import Browser

TASK = ("/tenant_data/task/", "/tenant_data/task/651/change/")
PLAN = ("/tenants/plan/", "/tenants/plan/651/change/")


@pytest.fixture
def at_alpha(tenant_browser: Any, alpha: Client, owner: Any) -> Browser:
    return tenant_browser(alpha, owner)


def said(browser: Browser, path: str) -> str:
    page = browser.get(path).content.decode()
    assert "651" not in page
    return page


def test_on_a_companys_side(at_alpha: Browser) -> None:
    place, form = TASK
    response = at_alpha.post(form, {"title": "Typed for an hour"})
    assert (response.status_code, response["Location"]) == (302, place)
    assert "This task was deleted meanwhile, so nothing was saved." in said(at_alpha, place)


def test_on_the_staffs_side(browser: Browser) -> None:
    place, form = PLAN
    response = browser.post(form, {"name": "Typed for an hour"})
    assert (response.status_code, response["Location"]) == (302, place)
    assert "This plan was deleted meanwhile, so nothing was saved." in said(browser, place)


def test_who_only_looks_is_told_so(at_alpha: Browser) -> None:
    place, form = TASK
    assert at_alpha.get(form)["Location"] == place
    page = said(at_alpha, place)
    assert "There is no such task here. Perhaps it was deleted." in page
    assert "nothing was saved" not in page


def test_who_may_see_no_list_is_led_home(staff_browser: Any, outsider: Any) -> None:
    nobody = staff_browser(outsider)
    answer = nobody.post(PLAN[1], {"name": "x"})
    assert answer.status_code == 403 or answer["Location"] == "/"
