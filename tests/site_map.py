"""Every page of both admins, read from the URL configurations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.models import OperationKind

SIDES = {"public": settings.PUBLIC_SCHEMA_URLCONF, "alpha": settings.ROOT_URLCONF}

#: Pages for people who have not signed in.
OPEN = {"login", "logout", "jsi18n", "favicon", "welcome", "logo", "forgotten", "forgotten_sent"}


def pages(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Route and name of every pattern, as in ``("tenants/client/add/", "tenants_client_add")``."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.name or ""


PAGES = [
    pytest.param(side, route, name, id=f"{side}-{name or route}")
    for side, urlconf in SIDES.items()
    for route, name in pages(get_resolver(urlconf).url_patterns)
    # Django's own catch-all and shortcuts lead to the pages that are here themselves.
    if "(?P" not in route and not route.startswith("r/") and name not in OPEN
    if name != "view_on_site" and route.split("/", 2)[-1] != "<path:object_id>/"
]


def address(side: str, route: str, rows: dict[str, Any]) -> str:
    """The route with a row that exists in the place of its parameter."""
    if "<" in route:
        # The pages of an import are with what it imports.
        model = "importing/import" if "/import/<int:pk>/" in route else route.rsplit("/<", 1)[0]
        key = rows["/".join([side, *model.split("/")[:2]])]
        route = re.sub(r"<path:object_id>|<int:pk>|<id>", str(key), route)
        route = route.replace("<str:kind>", OperationKind.MIGRATE_SCHEMA).replace("<str:key>", "x")
        route = route.replace("<str:name>", "x.png").replace("<str:verb>", "pause")
        route = route.replace("<str:model>", "task")
    assert "<" not in route, "a parameter that is not filled in reaches no page"
    return f"/{route}"
