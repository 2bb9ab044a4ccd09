"""Each line of the table of who of the staff may what, tried by one person of each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import User
from console.sites import public_site
from tests.conftest import Browser
from tests.role_lines import Line, Scene
from tests.role_trials import check_selections, check_that_every_page_is_in, wrong_answers
from tests.tenants.staff_lines import STAFF, VIEWER
from tests.tenants.staff_table import ACTIONS, LISTS, OPEN, TABLE

pytestmark = pytest.mark.long


@pytest.mark.parametrize("line", TABLE, ids=str)
def test_who_may(
    line: Line,
    scene: Scene,
    people: dict[str, User],
    browser_of: Callable[[User], Browser],
) -> None:
    assert wrong_answers(line, scene, people, browser_of) == {}


def test_every_page_is_in_the_table() -> None:
    check_that_every_page_is_in(STAFF, TABLE, OPEN)


@pytest.mark.parametrize("who", STAFF.cast)
@pytest.mark.parametrize("model_admin", public_site._registry.values(), ids=str)
def test_who_may_do_what_with_a_selection(
    model_admin: Any,
    who: str,
    scene: Scene,
    people: dict[str, User],
    browser_of: Callable[[User], Browser],
) -> None:
    name = f"{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    least = LISTS.get(name, VIEWER)
    browser = browser_of(people[who])
    check_selections(STAFF, model_admin, who, browser, ACTIONS.get(name, {}), least=least)


@pytest.mark.parametrize(
    ("who", "term", "found"),
    [
        ("anyone", "alpha", []),
        ("anyone", "client", []),
        ("viewer", "alpha", ["Alpha", "alpha.localhost"]),
        ("viewer", "client", ["Clients"]),
        ("operator", "alpha", ["Alpha", "alpha.localhost"]),
    ],
)
def test_what_the_palette_finds(
    who: str,
    term: str,
    found: list[str],
    people: dict[str, User],
    browser_of: Callable[[User], Browser],
) -> None:
    response = browser_of(people[who]).get("/search/", {"s": term})
    results = response.context_data["results"] if response.context_data else []
    titles = [str(result.title) for result in results]
    assert titles[: len(found)] == found
    assert bool(titles) is bool(found)
