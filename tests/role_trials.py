"""Each line of a table of who may what, tried by one person of each role.

Whoever may, is answered, and what is to be written is written. Everybody else is refused, and not
a row of any table is another one after that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any

from django.urls import get_resolver
from django_tenants.utils import schema_context

from console.accounts.models import User
from tests.conftest import Browser
from tests.role_lines import Line, Scene, Side, Trial
from tests.site_map import pages
from tests.snapshot import taken_back


def wrong_answers(
    line: Line,
    scene: Scene,
    people: Mapping[str, User],
    browser_of: Callable[[User], Browser],
) -> dict[str, Any]:
    """Who was answered otherwise than the line says, or wrote otherwise."""
    side = line.side
    browsers = {who: browser_of(user) for who, user in people.items()}
    wrong: dict[str, Any] = {}
    for who in side.cast:
        trial = Trial(line, scene, who, people[who], browsers[side.cast[-1]])
        may = side.cast.index(who) >= line.least
        if line.before:
            line.before(trial)
        data = line.posted(trial) if line.posted else None
        browser, path = browsers[who], trial.path
        with taken_back(*side.schemas) as wrote:
            response = browser.get(path) if data is None else browser.post(path, data)
            if response.streaming:
                b"".join(response)  # To its end, where it is closed.
        is_right = answered(response) if may else refused(response, line)
        if not is_right or bool(wrote) is not (may and line.writes):
            wrong[who] = (response.status_code, wrote, complaints(response))
    return wrong


def answered(response: Any) -> bool:
    signed_out = "/login/" in response.headers.get("Location", "")
    return response.status_code in (200, 204, 286, 302) and not signed_out


def refused(response: Any, line: Line) -> bool:
    """What nobody may can also be refused in words, on the page that one comes back to."""
    if line.in_words and came_back(response):
        return True
    refusals = (302, 403, 404, 405) if line.least == line.side.no_one else (403, 404, 405)
    return response.status_code in refusals


def came_back(response: Any) -> bool:
    """Whether it is the list again, or the form with what is wrong, or a page that says why not."""
    context = getattr(response, "context_data", None) or {}
    is_told = bool(complaints(response) or context.get("cl") or context.get("protected"))
    return response.status_code == 302 or (response.status_code == 200 and is_told)


def complaints(response: Any) -> list[Any]:
    """What a form says is wrong with what was filled in."""
    context = getattr(response, "context_data", None) or {}
    result = context.get("result")
    found = [context.get("errors"), result and result.errors_by_column]
    return [what for what in found if what]


def check_that_every_page_is_in(side: Side, table: list[Line], opened_by_all: Set[str]) -> None:
    named = {name for _route, name in pages(get_resolver(side.urlconf).url_patterns) if name}
    assert named - {line.route for line in table} - opened_by_all == set()
    assert {line.route for line in table} - named == set()


def check_selections(
    side: Side,
    model_admin: Any,
    who: str,
    browser: Browser,
    expected: Mapping[str, int],
    *,
    least: int,
) -> None:
    """What can be chosen for the rows of a list is offered to who may, and done for nobody else.

    ``least`` is who sees the list, if nobody before them is to.
    """
    level = side.cast.index(who)
    url = side.url(f"{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")
    response = browser.get(url)
    if response.status_code == 403:
        assert level < least
        offered: set[str] = set()
    else:
        form = response.context_data.get("action_form")
        offered = {value for value, _label in form.fields["action"].choices} if form else set()
    may = {action for action, first in expected.items() if level >= first}
    assert offered - {""} == may
    with schema_context(side.schemas[0]):
        rows = model_admin.model._default_manager
        keys = list(rows.values_list("pk", flat=True))
        if hasattr(model_admin, "why_not_deleted"):  # Who may is one thing, what may another.
            keys = [key for key in keys if not model_admin.why_not_deleted(rows.filter(pk=key))]
    with taken_back(*side.schemas) as wrote:
        for action in expected.keys() | {"delete_selected"}:
            response = browser.post(url, {"action": action, "_selected_action": keys})
            context = getattr(response, "context_data", None) or {"cl": None}
            # A page that asks, for who may; the list again, or nothing, for who may not.
            assert ("cl" not in context) is (action in may)
    assert wrote == set()
