"""No link and no button leads to a refusal: what somebody may not do is not offered to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from console.accounts.models import User
from tests.conftest import Browser
from tests.role_lines import Scene
from tests.role_walk import Walk, paths_of
from tests.tenant_data.company_lines import COMPANY, MANAGER
from tests.tenant_data.company_table import OPEN, TABLE

pytestmark = pytest.mark.long


@pytest.mark.parametrize("who", COMPANY.cast)
def test_nothing_that_is_offered_is_refused(
    who: str,
    people: dict[str, User],
    scene: Scene,
    browser_of: Callable[[User], Browser],
) -> None:
    starts = ["/"]
    if who != "anyone":
        tasks = [scene["task"], scene["spare task"]]
        starts += paths_of(COMPANY, {"tenant_data_task_change": tasks})
    if COMPANY.cast.index(who) >= MANAGER:
        users = [scene[name] for name in ("user", "other owner", "gone", "superuser")]
        starts += paths_of(COMPANY, {"accounts_user_change": users})
    walk = Walk(COMPANY, TABLE, OPEN)
    walk.go(who, browser_of(people[who]), starts)
    assert walk.refused == []
    # A walk that goes nowhere finds nothing.
    assert len(walk.visited) >= (2 if who == "anyone" else 15)
    if COMPANY.cast.index(who) >= MANAGER:
        assert {"accounts_user_deactivate", "tenant_data_task_delete"} <= walk.visited
