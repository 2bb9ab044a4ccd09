"""No link and no button leads to a refusal: what somebody may not do is not offered to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.admin.utils import quote
from django.urls import Resolver404, resolve, reverse

from console.accounts.models import User
from tests.conftest import Browser
from tests.page_forms import forms_in, links_in
from tests.tenants.staff_lines import CAST, NO_ONE, OPERATOR, URLCONF
from tests.tenants.staff_scene import Scene
from tests.tenants.staff_table import OPEN, TABLE

#: How many pages of one kind are opened; a client's page has other buttons in every state.
OF_A_KIND = 2
STATES = ("ready", "behind", "draft", "suspended", "archived", "public")

#: From whom on something may be sent to a page.
MAY_SEND = {
    route: min(line.least for line in TABLE if line.route == route and line.posted)
    for route in {line.route for line in TABLE if line.posted}
}


def route_of(path: str) -> str:
    try:
        return resolve(path, URLCONF).url_name or ""
    except Resolver404:
        return ""


def pages_from(browser: Browser, paths: list[str]) -> Iterator[tuple[str, Any]]:
    """Every page that can be reached by links from these, few of each kind, with its answer."""
    waiting, seen, opened = list(paths), set(paths), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        response = browser.get(path)
        yield path, response
        if "text/html" not in response.headers.get("Content-Type", ""):
            continue
        for link in links_in(response.content.decode()):
            parts = urlsplit(urljoin(path, link))
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            route = route_of(parts.path)
            is_ours = not parts.netloc and parts.scheme == "" and route not in OPEN
            if is_ours and target not in seen and opened[route] < OF_A_KIND:
                seen.add(target)
                opened[route] += 1
                waiting.append(target)


@pytest.mark.parametrize("who", CAST)
def test_nothing_that_is_offered_is_refused(
    who: str,
    scene: Scene,
    person: Callable[[str], User],
    staff_browser: Callable[..., Browser],
) -> None:
    starts = ["/"]
    if who != "anyone":
        change = "admin:tenants_client_change"
        starts += [reverse(change, args=[quote(scene[s])], urlconf=URLCONF) for s in STATES]
        change = "admin:tenants_operation_change"
        starts += [reverse(change, args=[scene[s]], urlconf=URLCONF) for s in ("failed", "waiting")]
    refused, visited = [], set()
    for path, response in pages_from(staff_browser(person(who)), starts):
        visited.add(route_of(urlsplit(path).path))
        if response.status_code not in (200, 204, 286, 302):
            refused.append((path, response.status_code))
            continue
        if "text/html" in response.headers.get("Content-Type", ""):
            refused += wrong_buttons(path, response.content.decode(), CAST.index(who))
    assert refused == []
    # A walk that goes nowhere finds nothing.
    assert len(visited) >= (2 if who == "anyone" else 15)
    if CAST.index(who) >= OPERATOR:
        assert {"tenants_client_suspend", "tenants_client_drop_schema"} <= visited


def wrong_buttons(path: str, html: str, level: int) -> Iterator[tuple[str, str]]:
    for form in forms_in(html):
        target = urlsplit(urljoin(path, form.action)).path
        route = route_of(target)
        is_list = route.endswith("_changelist")  # its actions are asked for one by one elsewhere
        if form.method.lower() != "post" or not form.has_button or is_list or route in OPEN:
            continue
        if route.startswith("password_change"):
            continue
        if level < MAY_SEND.get(route, NO_ONE):
            yield path, f"a button for {route}"
