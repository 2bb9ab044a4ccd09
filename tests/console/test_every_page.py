"""Every page of both admins, by strangers and by those without a right: nobody gets in.

The pages are read from the URL configurations, so a page that is added is tested by itself. What
each role of the staff may do is in ``tests/tenants/staff_table.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import schema_context

from console.accounts.models import User
from tests.conftest import Browser
from tests.site_map import PAGES, address
from tests.snapshot import changed, snapshot

#: Pages for everybody who has.
SIGNED_IN = {"index", "password_change", "password_change_done", "search", "autocomplete"}


def visit(browser: Browser, method: str, path: str) -> Any:
    return getattr(browser, method)(path)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("side", "route", "name"), PAGES)
class TestWhoMayNot:
    def test_a_stranger_is_asked_to_sign_in(
        self,
        side: str,
        route: str,
        name: str,
        method: str,
        rows: dict[str, Any],
        visitor: Callable[[str, User | None], Browser],
    ) -> None:
        response = visit(visitor(side, None), method, address(side, route, rows))
        refused = response.status_code in (302, 403, 404)
        assert refused, response.status_code
        if response.status_code == 302:
            assert "/login/" in response.headers["Location"]

    def test_somebody_without_rights_is_refused(
        self,
        side: str,
        route: str,
        name: str,
        method: str,
        rows: dict[str, Any],
        visitor: Callable[[str, User | None], Browser],
    ) -> None:
        with schema_context(side):
            nobody = User.objects.create_user("nobody@example.com", is_staff=True)
        browser = visitor(side, nobody)  # signing in writes when that was
        before = snapshot(side)
        response = visit(browser, method, address(side, route, rows))
        if name in SIGNED_IN:
            assert response.status_code in (200, 302, 403, 405)
        else:
            assert response.status_code in (403, 404, 405), response.status_code
        assert changed(before, snapshot(side)) == set()


def test_there_are_pages() -> None:
    assert len(PAGES) > 60
