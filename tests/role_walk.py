"""A walk along the links of a side: no link and no button leads to a refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve

from tests.conftest import Browser
from tests.page_forms import forms_in, links_in
from tests.role_lines import Line, Side

#: How many pages of one kind are opened: one thing has other buttons than another.
OF_A_KIND = 2


def who_may_send(table: list[Line]) -> dict[str, int]:
    """From whom on something may be sent to a page."""
    return {
        route: min(line.least for line in table if line.route == route and line.posted)
        for route in {line.route for line in table if line.posted}
    }


class Walk:
    """What somebody comes to from some pages; ``refused`` is what was offered and is not theirs."""

    def __init__(self, side: Side, table: list[Line], opened_by_all: Set[str]) -> None:
        self.side, self.may_send, self.opened_by_all = side, who_may_send(table), opened_by_all
        self.refused: list[tuple[Any, ...]] = []
        self.visited: set[str] = set()
        self.came_from: dict[str, str] = {}

    def go(self, who: str, browser: Browser, starts: list[str]) -> None:
        for path, response in self._pages_from(browser, starts):
            self.visited.add(self._route_of(urlsplit(path).path))
            if response.streaming:
                b"".join(response)  # To its end, where it is closed.
            if response.status_code not in (200, 204, 286, 302):
                self.refused.append((path, response.status_code, self.came_from.get(path)))
            elif is_page(response):
                html = response.content.decode()
                self.refused += self._wrong_buttons(path, html, self.side.cast.index(who))

    def _route_of(self, path: str) -> str:
        try:
            return resolve(path, self.side.urlconf).url_name or ""
        except Resolver404:
            return ""

    def _pages_from(self, browser: Browser, starts: list[str]) -> Iterator[tuple[str, Any]]:
        """Every page that can be reached by links from these, few of each kind, with its answer."""
        waiting, seen, opened = list(starts), set(starts), Counter[str]()
        while waiting:
            path = waiting.pop(0)
            response = browser.get(path)
            yield path, response
            if not is_page(response):
                continue
            for link in links_in(response.content.decode()):
                parts = urlsplit(urljoin(path, link))
                target = parts.path + (f"?{parts.query}" if parts.query else "")
                route = self._route_of(parts.path)
                is_ours = not (parts.netloc or parts.scheme or route in self.opened_by_all)
                if is_ours and target not in seen and opened[route] < OF_A_KIND:
                    seen.add(target)
                    self.came_from[target] = path
                    opened[route] += 1
                    waiting.append(target)

    def _wrong_buttons(self, path: str, html: str, level: int) -> Iterator[tuple[str, str]]:
        for form in forms_in(html):
            target = urlsplit(urljoin(path, form.action)).path
            route = self._route_of(target)
            # The actions for a selection are asked for one by one elsewhere.
            is_list = "action" in form.fields
            if form.method.lower() != "post" or not form.has_button or is_list:
                continue
            if route in self.opened_by_all or route.startswith("password_change"):
                continue
            if level < self.may_send.get(route, self.side.no_one):
                yield path, f"a button for {route}"


def is_page(response: Any) -> bool:
    return "text/html" in response.headers.get("Content-Type", "")


def paths_of(side: Side, keys: Mapping[str, list[Any]]) -> list[str]:
    """The addresses of rows, by the route that shows each."""
    return [side.url(route, key) for route, found in keys.items() for key in found]
