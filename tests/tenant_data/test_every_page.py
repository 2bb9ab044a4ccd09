"""Every page of a company whose plan is used up, which is suspended, or whose tables are behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tenants.models import Client, Plan
from tenants.operations.lifecycle import suspend
from tenants.operations.versions import read_version
from tests.console.conftest import rows
from tests.site_map import PAGES, address
from tests.tenants.operating import make_behind

__all__ = ["rows"]

OWN_PAGES = [page for page in PAGES if page.values[0] == "alpha"]


def addresses(rows: dict[str, Any]) -> list[str]:
    return [address("alpha", str(page.values[1]), rows) for page in OWN_PAGES]


def answers(browser: Any, rows: dict[str, Any]) -> dict[str, int]:
    return {path: browser.get(path).status_code for path in addresses(rows)}


def test_at_its_limits_a_company_sees_all_that_it_saw(
    browser: Any, alpha: Client, rows: dict[str, Any]
) -> None:
    before = answers(browser, rows)
    assert list(before.values()).count(200) > 20
    plan = Plan.objects.create(
        code="none", name="None", max_users=0, max_projects=0, max_tasks=0, max_storage_mb=0
    )
    every_feature = alpha.plan.features if alpha.plan else []
    Plan.objects.filter(pk=plan.pk).update(features=every_feature)
    Client.objects.filter(pk=alpha.pk).update(plan=plan)
    assert answers(browser, rows) == before


def close(alpha: Client) -> None:
    suspend(alpha, acting_user=None)


def fall_behind(alpha: Client) -> None:
    make_behind("alpha")
    alpha.schema_version = read_version(alpha)
    alpha.save()


@pytest.mark.parametrize("step", [close, fall_behind])
@pytest.mark.parametrize("method", ["get", "post"])
def test_while_it_is_closed_no_page_answers(
    browser: Any,
    alpha: Client,
    rows: dict[str, Any],
    step: Callable[[Client], None],
    method: str,
) -> None:
    step(alpha)
    for path in addresses(rows):
        assert getattr(browser, method)(path).status_code == 503, path
