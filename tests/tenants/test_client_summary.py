"""How things stand with a client, at the top of its page: facts, and ways to what they name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils.html import strip_tags

from console.accounts.models import User
from tenants.models import Client
from tenants.operations import lifecycle
from tests.database import make_client
from tests.tenants.client_pages import change, form


def section(browser: Any, client: Client) -> str:
    """The HTML of the summary."""
    page = browser.get(change(client)).content.decode()
    found = re.search(r'aria-labelledby="client-summary">(.*?)</section>', page, re.DOTALL)
    assert found
    return found[1]


def facts(browser: Any, client: Client) -> dict[str, str]:
    """What is said, by its title."""
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", section(browser, client), re.DOTALL)
    return {title: unescape(" ".join(strip_tags(said).split())) for title, said in pairs}


def write(client: Client, **fields: Any) -> None:
    Client.objects.filter(pk=client.pk).update(**fields)


class TestFacts:
    def test_of_a_client_in_use(self, browser: Any, alpha: Client, today: date) -> None:
        write(alpha, trial_ends_on=today, tags=["north", "vip"], notes="Ask for Carla.")
        said = facts(browser, alpha)
        assert said["Status"] == "Active"
        assert said["Schema"] == "Ready"
        assert said["Address"] == "alpha.localhost"
        assert said["Plan"] == "Team"
        assert said["Trial ends"].endswith("Soon")
        assert said["Latest operation"].startswith("Create schema #")
        assert "done" in said["Latest operation"]
        assert said["Last active"] == "Never"
        assert said["Created"].endswith("UTC")
        assert said["Tags"] == "north, vip"
        assert said["Notes"] == "Ask for Carla."

    def test_a_draft_has_no_more_than_it_has(self, browser: Any, draft: Client) -> None:
        said = facts(browser, draft)
        assert list(said) == ["Status", "Schema", "Address", "Plan", "Last active", "Created"]
        assert said["Schema"] == "No schema"

    def test_a_contact_can_be_written_to_and_called(self, browser: Any, alpha: Client) -> None:
        contact = {"contact_name": "Carla", "contact_email": "carla@alpha.example"}
        write(alpha, **contact, contact_phone="+49 (30) 123-45 67")
        html = section(browser, alpha)
        assert 'href="mailto:carla@alpha.example"' in html
        assert 'href="tel:+49301234567"' in html
        assert "Carla" in facts(browser, alpha)["Contact"]

    @pytest.mark.parametrize(
        ("written", "dialled"),
        [("+49 (0)30 1234567", "+49301234567"), ("030/123-45", "03012345"), ("(0)30 1", "301")],
    )
    def test_what_nobody_dials_is_left_out(
        self, browser: Any, alpha: Client, written: str, dialled: str
    ) -> None:
        write(alpha, contact_phone=written)
        assert f'href="tel:{dialled}"' in section(browser, alpha)

    def test_an_address_brings_no_other_receiver(self, browser: Any, alpha: Client) -> None:
        write(alpha, contact_email="a?bcc=x@evil.example")
        assert 'href="mailto:a%3Fbcc%3Dx@evil.example"' in section(browser, alpha)

    def test_a_telephone_that_is_no_number_leads_nowhere(self, browser: Any, alpha: Client) -> None:
        write(alpha, contact_phone="ask the desk")
        assert facts(browser, alpha)["Contact"] == "ask the desk"
        assert "tel:" not in section(browser, alpha)

    def test_why_and_since_when_it_is_suspended(self, browser: Any, alpha: Client) -> None:
        lifecycle.suspend(alpha, reason="Two bills <open>", acting_user=None)
        said = facts(browser, alpha)["Status"]
        assert said.startswith("Suspended since ")
        assert said.endswith(": Two bills <open>")

    def test_the_reason_is_for_those_who_may_read_the_history(
        self, staff_browser: Callable[..., Any], outsider: User, alpha: Client
    ) -> None:
        lifecycle.suspend(alpha, reason="Two bills are open", acting_user=None)
        outsider.user_permissions.add(Permission.objects.get(codename="view_client"))
        said = facts(staff_browser(outsider), alpha)["Status"]
        assert said.startswith("Suspended since ")
        assert "bills" not in said

    def test_until_when_the_data_of_an_archived_one_is_kept(
        self, browser: Any, alpha: Client, today: date
    ) -> None:
        lifecycle.archive(alpha, removal_on=today + timedelta(days=9), acting_user=None)
        assert "kept until" in facts(browser, alpha)["Status"]
        assert "Restore it before you change anything." in section(browser, alpha)

    def test_text_is_never_markup(self, browser: Any, alpha: Client) -> None:
        evil = "<b>x</b>"
        write(alpha, notes=evil, contact_name=evil, tags=[evil], contact_phone=evil)
        assert evil not in section(browser, alpha)
        assert section(browser, alpha).count("&lt;b&gt;x&lt;/b&gt;") == 4


class TestWaysOn:
    def test_lead_where_the_user_may_go(self, browser: Any, alpha: Client) -> None:
        html = section(browser, alpha)
        assert 'href="http://alpha.localhost"' in html
        assert f"/tenants/plan/{alpha.plan_id}/change/" in html
        assert f"/tenants/operation/?client__id__exact={alpha.pk}" in html

    def test_nobody_is_led_to_a_closed_door(
        self, staff_browser: Callable[..., Any], outsider: User, alpha: Client
    ) -> None:
        outsider.user_permissions.add(Permission.objects.get(codename="view_client"))
        browser = staff_browser(outsider)
        html = section(browser, alpha)
        assert "#domains-group" not in browser.get(change(alpha)).content.decode()
        assert "/tenants/plan/" not in html
        assert "/tenants/operation/" not in html
        said = facts(browser, alpha)
        assert said["Plan"] == "Team"
        assert said["Latest operation"].startswith("Create schema #")

    def test_nor_to_a_tenant_where_nobody_answers(self, browser: Any, alpha: Client) -> None:
        lifecycle.suspend(alpha, acting_user=None)
        assert 'href="http://alpha.localhost"' not in section(browser, alpha)
        assert facts(browser, alpha)["Address"] == "alpha.localhost"


class TestWhereItStands:
    def test_above_the_form_with_a_way_to_it(self, browser: Any, alpha: Client) -> None:
        page = browser.get(change(alpha)).content.decode()
        places = [
            page.index(part)
            for part in (
                'href="#client_form"',
                'id="client-summary"',
                'id="client-use"',
                'id="client-admins"',
                'id="client_form"',
                'id="domains-group"',
                'id="client-history"',
            )
        ]
        assert places == sorted(places)

    def test_makes_way_for_what_is_wrong_with_the_form(self, browser: Any, draft: Client) -> None:
        page = browser.post(change(draft), form(client=draft, name="")).content.decode()
        assert "data-error-link" in page
        assert 'id="client-summary"' not in page
        assert 'id="client-history"' not in page

    def test_is_not_where_a_client_is_added(self, browser: Any) -> None:
        page = browser.get("/tenants/client/add/").content.decode()
        assert 'id="client-summary"' not in page

    def test_of_a_client_that_lost_its_domains(self, browser: Any, db: None) -> None:
        client = make_client("delta", ready=False)
        client.domains.all().delete()
        assert facts(browser, client)["Address"] == "None yet"
