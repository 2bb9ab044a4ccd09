"""Each line of the table of who may what, tried by one person of each role.

Whoever may, is answered, and what is to be written is written. Everybody else is refused, and not
a row of any table is another one after that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from django.db import transaction
from django.urls import get_resolver, reverse

from console.accounts.models import User
from console.sites import public_site
from tests.conftest import Browser
from tests.site_map import pages
from tests.snapshot import changed, snapshot
from tests.tenants.staff_lines import CAST, NO_ONE, URLCONF, VIEWER, Line
from tests.tenants.staff_scene import Scene
from tests.tenants.staff_table import ACTIONS, OPEN, TABLE


@pytest.mark.parametrize("line", TABLE, ids=str)
def test_who_may(
    line: Line,
    scene: Scene,
    person: Callable[[str], User],
    staff_browser: Callable[..., Browser],
) -> None:
    path = line.path(scene)
    people = {who: person(who) for who in CAST}
    browsers = {who: staff_browser(user) for who, user in people.items()}
    before = snapshot("public")
    wrong = {}
    for who, user in people.items():
        may = CAST.index(who) >= line.least
        with undone() if may and line.writes else nullcontext():
            superuser = browsers["superuser"]
            data = line.posted(scene, user, superuser) if line.posted else None
            browser = browsers[who]
            response = browser.get(path) if data is None else browser.post(path, data)
            wrote = changed(before, snapshot("public")) if may and line.writes else set()
        if not (answered(response, wrote, line) if may else refused(response, line)):
            wrong[who] = (response.status_code, wrote, complaints(response))
    assert wrong == {}
    # What the others sent, all together, and what only looks.
    assert changed(before, snapshot("public")) == set()


def answered(response: Any, wrote: set[str], line: Line) -> bool:
    signed_out = "/login/" in response.headers.get("Location", "")
    is_answer = response.status_code in (200, 204, 286, 302) and not signed_out
    return is_answer and bool(wrote) is line.writes


def refused(response: Any, line: Line) -> bool:
    """What nobody may can also be refused in words, on the page that one comes back to."""
    refusals = (302, 403, 404, 405) if line.least == NO_ONE else (403, 404, 405)
    return response.status_code in refusals


def complaints(response: Any) -> list[Any]:
    """What a form says is wrong with what was filled in."""
    context = getattr(response, "context_data", None) or {}
    result = context.get("result")
    found = [context.get("errors"), result and result.errors_by_column]
    return [what for what in found if what]


@contextmanager
def undone() -> Iterator[None]:
    """What is written in the block is taken back at its end."""
    savepoint = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(savepoint)


def test_every_page_is_in_the_table() -> None:
    named = {name for _route, name in pages(get_resolver(URLCONF).url_patterns) if name}
    assert named - {line.route for line in TABLE} - OPEN == set()
    assert {line.route for line in TABLE} - named == set()


@pytest.mark.parametrize("who", CAST)
@pytest.mark.parametrize("model_admin", public_site._registry.values(), ids=str)
def test_who_may_do_what_with_a_selection(
    model_admin: Any,
    who: str,
    scene: Scene,
    person: Callable[[str], User],
    staff_browser: Callable[..., Browser],
) -> None:
    name = f"{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    expected = ACTIONS.get(name, {})
    url = reverse(f"admin:{name}_changelist", urlconf=URLCONF)
    user = person(who)
    browser = staff_browser(user)
    response = browser.get(url)
    if response.status_code == 403:
        assert CAST.index(who) < VIEWER
        offered: set[str] = set()
    else:
        form = response.context_data["action_form"]
        offered = {value for value, _label in form.fields["action"].choices} if form else set()
    may = {action for action, least in expected.items() if CAST.index(who) >= least}
    assert offered - {""} == may
    keys = list(model_admin.model._default_manager.values_list("pk", flat=True))
    before = snapshot("public")
    for action in expected.keys() | {"delete_selected"}:
        response = browser.post(url, {"action": action, "_selected_action": keys})
        context = getattr(response, "context_data", None) or {"cl": None}
        # A page that asks, for who may; the list again, or nothing, for who may not.
        assert ("cl" not in context) is (action in may)
    assert changed(before, snapshot("public")) == set()


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
    person: Callable[[str], User],
    staff_browser: Callable[..., Browser],
) -> None:
    response = staff_browser(person(who)).get("/search/", {"s": term})
    results = response.context_data["results"] if response.context_data else []
    titles = [str(result.title) for result in results]
    assert titles[: len(found)] == found
    assert bool(titles) is bool(found)
