"""The staff's home page within one's rights, and when there is nothing yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from console.accounts.models import User
from tenants.models import (
    Client,
    Operation,
    OperationEvent,
    Plan,
)
from tests.console.home_scene import home, make_mixed


@pytest.fixture
def mixed(alpha: Client, beta: Client, operator: User) -> dict[str, Client]:
    return make_mixed(alpha, beta, operator)


class TestRights:
    @pytest.mark.parametrize(
        ("rights", "cards", "matters", "charts", "latest"),
        [
            (["view_client"], 5, 5, True, False),
            (["view_operation"], 2, 2, False, True),
            (["provision_client"], 2, 2, False, True),
            (["view_client", "view_operation"], 7, 7, True, True),
        ],
    )
    def test_each_part_needs_the_right_to_see_the_list_behind_it(
        self,
        staff_browser: Callable[..., Any],
        outsider: User,
        mixed: dict[str, Client],
        rights: list[str],
        cards: int,
        matters: int,
        charts: bool,
        latest: bool,
    ) -> None:
        outsider.user_permissions.set(Permission.objects.filter(codename__in=rights))
        browser = staff_browser(outsider)
        context = home(browser).context
        assert len(context["cards"]) == cards
        assert len(context["matters"]) == matters
        assert ("charts" in context) == charts
        assert ("latest" in context) == latest
        for link in [*context["cards"], *context["matters"]]:
            assert browser.get(link.url).status_code == 200, link

    def test_an_outsider_sees_nothing(
        self, staff_browser: Callable[..., Any], outsider: User, mixed: dict[str, Client]
    ) -> None:
        text = home(staff_browser(outsider)).content.decode()
        assert "There is nothing here for you yet" in text
        assert 'href="/tenants/' not in text


class TestEmpty:
    @pytest.fixture
    def empty(self, db: None) -> None:
        OperationEvent.objects.all().delete()
        Operation.objects.all().delete()
        Client.objects.companies().delete()
        Plan.objects.all().delete()

    def test_shows_the_first_steps(self, browser: Any, empty: None) -> None:
        page = home(browser)
        text = page.content.decode()
        assert "First steps" in text
        assert 'href="/tenants/plan/add/"' in text
        assert 'href="/tenants/client/add/"' in text
        assert page.context["cards"] == []
        assert not page.context["steps"][0].done
        Plan.objects.create(code="team", name="Team")
        assert home(browser).context["steps"][0].done

    def test_offers_no_step_that_the_user_may_not_take(
        self, staff_browser: Callable[..., Any], viewer: User, empty: None
    ) -> None:
        text = home(staff_browser(viewer)).content.decode()
        assert "First steps" in text
        assert "/add/" not in text
        assert "/import/" not in text

    def test_is_gone_with_the_first_client(self, browser: Any, alpha: Client) -> None:
        assert "First steps" not in home(browser).content.decode()
