"""Each line of the table of who in a company may what, tried by one person of each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import User
from console.sites import tenant_site
from tests.conftest import Browser
from tests.role_lines import Line, Scene
from tests.role_trials import check_selections, check_that_every_page_is_in, wrong_answers
from tests.tenant_data.company_lines import COMPANY, VIEWER
from tests.tenant_data.company_table import ACTIONS, LISTS, OPEN, TABLE

pytestmark = pytest.mark.long

BrowserOf = Callable[[User], Browser]


@pytest.mark.parametrize("line", TABLE, ids=str)
def test_who_may(line: Line, people: dict[str, User], scene: Scene, browser_of: BrowserOf) -> None:
    assert wrong_answers(line, scene, people, browser_of) == {}


def test_every_page_is_in_the_table() -> None:
    check_that_every_page_is_in(COMPANY, TABLE, OPEN)


@pytest.mark.parametrize("who", COMPANY.cast)
@pytest.mark.parametrize(
    "model_admin",
    [each for each in tenant_site._registry.values() if each.opts.app_label != "company"],
    ids=str,
)
def test_who_may_do_what_with_a_selection(
    model_admin: Any, who: str, people: dict[str, User], scene: Scene, browser_of: BrowserOf
) -> None:
    name = f"{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    least = LISTS.get(name, VIEWER)
    expected = ACTIONS.get(name, {})
    browser = browser_of(people[who])
    check_selections(COMPANY, model_admin, who, browser, expected, least=least)


@pytest.mark.parametrize(
    ("who", "term", "found"),
    [
        ("anyone", "web", []),
        ("anyone", "tasks", []),
        ("viewer", "web", ["WEB · Website", "WEB-2 Not this", "WEB-1 Draw the page"]),
        ("viewer", "tasks", ["Tasks"]),
        ("viewer", "users", []),
        ("manager", "users", ["Users"]),
        ("manager", "groups", []),
        ("owner", "groups", ["Groups"]),
    ],
)
def test_what_the_palette_finds(
    who: str,
    term: str,
    found: list[str],
    people: dict[str, User],
    scene: Scene,
    browser_of: BrowserOf,
) -> None:
    response = browser_of(people[who]).get("/search/", {"s": term})
    results = response.context_data["results"] if response.context_data else []
    assert [str(result.title) for result in results] == found
