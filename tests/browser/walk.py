"""Every page of a side, from its URL configuration: a page that is added is visited by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.conf import settings
from django.urls import URLResolver, get_resolver
from playwright.sync_api import Error, Page

from tests.browser import scene
from tests.browser.conftest import Problems, sign_in

URLCONFS = {"staff": settings.PUBLIC_SCHEMA_URLCONF, "tenant": settings.ROOT_URLCONF}
SIDES = tuple(URLCONFS)

#: What a route's parameter can be, where it is not the key of a row of the model in its path.
OTHER_PARAMETERS = {
    "<str:kind>": ["create_schema"],
    "(?P<app_label>": ["tenants", "tenant_data", "accounts", "auth", "history"],
}
_IS_PAGE = """
async (path) => {
    const response = await fetch(path, {redirect: "manual"});
    const isHtml = response.headers.get("content-type")?.startsWith("text/html");
    return response.status === 200 && isHtml && (await response.text()).includes("<html");
}
"""
_KEY = re.compile(r"<path:object_id>|<int:pk>|<id>")


@dataclass(frozen=True)
class Route:
    side: str
    path: str
    name: str

    def __str__(self) -> str:
        return f"{self.side}: {self.name or self.path}"

    def addresses(self, keys: dict[str, list[int]]) -> Iterator[str]:
        """The addresses it may have; the first that answers with a page stands for all."""
        for parameter, values in OTHER_PARAMETERS.items():
            if parameter in self.path:
                start, end = self.path.index(parameter), len(self.path)
                if not parameter.startswith("("):
                    end = start + len(parameter)
                before, after = self.path[:start].lstrip("^"), self.path[end:] or "/"
                yield from (f"/{before}{value}{after}" for value in values)
                return
        if not _KEY.search(self.path):
            yield f"/{self.path}"
            return
        address = self.path.replace("<str:model>", "task")
        app, model = self.path.split("/")[:2]
        if "/import/<int:pk>/" in self.path:  # The pages of an import are with what it imports.
            app, model = "importing", "import"
        for key in keys.get(f"{app}_{model}", []):
            yield "/" + _KEY.sub(str(key), address)


def routes(side: str) -> list[Route]:
    """Every route of a side but Django's catch-all and its short ways to other pages."""

    def found(patterns: list[Any], prefix: str = "") -> Iterator[Route]:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from found(pattern.url_patterns, path)
            elif pattern.name and pattern.name != "view_on_site":
                yield Route(side, path, pattern.name)

    return list(found(get_resolver(URLCONFS[side]).url_patterns))


@dataclass(frozen=True)
class State:
    """How a page looks when something on it is open, empty or wrong."""

    name: str
    path: str
    prepare: Callable[[Page], Any]
    sides: tuple[str, ...] = SIDES


@dataclass
class Walk:
    """Pages opened one after the other in one browser, and what was found on each."""

    page: Page
    origin: str
    #: What is wrong with the open page, by its name.
    look: Callable[[Walk, str], list[str]]
    #: The names of the pages so far, and the kinds of text on them (see axe.issues).
    seen: list[str] = field(default_factory=list)
    colours: set[str] = field(default_factory=set)
    issues: list[str] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
    unseen: list[Route] = field(default_factory=list)

    def go(
        self,
        side: str,
        email: str,
        keys: dict[str, list[int]],
        states: tuple[State, ...],
        *,
        is_page: Callable[[Route], bool],
    ) -> None:
        """Sign in, and see every page of the side and every state.

        Of a route that is said to be no page, one address is tried, and not one for each row.
        """
        self.problems.watch(self.page)
        self.open("/login/", f"{side}: login")
        sign_in(self.page, f"{self.origin}/", email, scene.PASSWORD)
        for route in routes(side):
            addresses = route.addresses(keys)
            seen = self.open_first(route, addresses) if is_page(route) else self.try_one(addresses)
            if not seen:
                self.unseen.append(route)
        for state in states:
            if side in state.sides:
                self.open_state(state, f"{side}: {state.name}")

    def open_state(self, state: State, name: str) -> None:
        self.page.goto(f"{self.origin}{state.path}")
        try:
            state.prepare(self.page)
        except Error as error:
            self.issues.append(f"{name}: cannot be brought about: {error.message}")
        else:
            self.see(name)

    def open(self, path: str, name: str = "") -> None:
        self.page.goto(f"{self.origin}{path}")
        self.see(name or path)

    def see(self, name: str) -> None:
        """Look at the page that is open."""
        self.issues += self.look(self, name)
        self.seen.append(name)

    def open_first(self, route: Route, addresses: Iterable[str]) -> bool:
        """Open a route at the first address that answers with a page: not with a way on, and not
        with an error. Returns whether one does."""
        for path in addresses:
            answer = self.page.goto(f"{self.origin}{path}")
            if answer and answer.status == 200 and answer.request.redirected_from is None:
                self.see(str(route))
                return True
        return False

    def try_one(self, addresses: Iterable[str]) -> bool:
        """What is said to be no page is a part of one, a file or a way on; returns whether it is a
        whole page, in which case it is looked at."""
        for path in islice(addresses, 1):
            if self.page.evaluate(_IS_PAGE, path):
                self.open(path)
                return True
        return False
