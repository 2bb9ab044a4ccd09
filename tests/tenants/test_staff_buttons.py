"""No link and no button leads to a refusal: what somebody may not do is not offered to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.utils import quote

from console.accounts.models import User
from tests.conftest import Browser
from tests.role_lines import Scene
from tests.role_walk import Walk, paths_of
from tests.tenants.staff_lines import OPERATOR, STAFF
from tests.tenants.staff_table import OPEN, TABLE

pytestmark = pytest.mark.long

#: A client's page has other buttons in every state.
STATES = ("ready", "behind", "draft", "suspended", "archived", "public")


@pytest.mark.parametrize("who", STAFF.cast)
def test_nothing_that_is_offered_is_refused(
    who: str,
    scene: Scene,
    people: dict[str, User],
    browser_of: Callable[[User], Browser],
) -> None:
    starts = ["/"]
    if who != "anyone":
        clients = [quote(scene[state]) for state in STATES]
        operations = [scene["failed"], scene["waiting"]]
        starts += paths_of(
            STAFF, {"tenants_client_change": clients, "tenants_operation_change": operations}
        )
    walk = Walk(STAFF, TABLE, OPEN)
    walk.go(who, browser_of(people[who]), starts)
    assert walk.refused == []
    # A walk that goes nowhere finds nothing.
    assert len(walk.visited) >= (2 if who == "anyone" else 15)
    if STAFF.cast.index(who) >= OPERATOR:
        assert {"tenants_client_suspend", "tenants_client_drop_schema"} <= walk.visited
