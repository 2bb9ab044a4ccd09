"""Every page of both admins, by strangers and by those without a right: nobody gets in.

The pages are read from the URL configurations, so a page that is added is tested by itself. What
each role may do is in ``tests/tenants/staff_table.py`` and ``tests/tenant_data/company_table.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import schema_context

from console.accounts.models import User
from tests.conftest import Browser
from tests.site_map import PAGES, address
from tests.snapshot import taken_back

#: Pages for everybody who has.
SIGNED_IN = {"index", "password_change", "password_change_done", "search", "autocomplete"}


METHODS = ("get", "post")


@pytest.mark.parametrize(("side", "route", "name"), PAGES)
def test_strangers_are_asked_to_sign_in_and_those_without_rights_are_refused(
    side: str,
    route: str,
    name: str,
    rows: dict[str, Any],
    visitor: Callable[[str, User | None], Browser],
) -> None:
    """One test for each page: most of what one costs is to set its scene."""
    path = address(side, route, rows)
    with schema_context(side):
        nobody = User.objects.create_user("nobody@example.com", is_staff=True)
    stranger, outsider = visitor(side, None), visitor(side, nobody)
    allowed = (200, 302, 403, 405) if name in SIGNED_IN else (403, 404, 405)
    with taken_back(side) as wrote:
        for method in METHODS:
            response = getattr(stranger, method)(path)
            assert response.status_code in (302, 403, 404), (method, response.status_code)
            if response.status_code == 302:
                assert "/login/" in response.headers["Location"]
        for method in METHODS:
            response = getattr(outsider, method)(path)
            assert response.status_code in allowed, (method, response.status_code)
    assert wrote == set()


def test_there_are_pages() -> None:
    assert len(PAGES) > 60
