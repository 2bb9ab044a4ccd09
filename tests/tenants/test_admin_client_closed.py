"""What the page of a client allows by its status, and what it says when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from console.accounts.models import User
from tenants.models import Client, Domain
from tenants.operations.lifecycle import archive, suspend
from tests.tenants.client_pages import change, errors_of, form

ADD = "/tenants/client/add/"


def archived(client: Client) -> Client:
    return archive(client, removal_on=timezone.localdate(), acting_user=None)


class TestSuspended:
    def test_can_be_changed(self, browser: Any, alpha: Client) -> None:
        suspend(alpha, acting_user=None)
        domain = alpha.domains.get()
        rows = form((domain.domain, True, False, domain.pk), client=alpha, name="Alpha Ltd")
        assert browser.post(change(alpha), rows).status_code == 302
        alpha.refresh_from_db()
        assert alpha.name == "Alpha Ltd"


class TestArchived:
    def test_with_a_schema_nothing_can_be_changed(self, browser: Any, alpha: Client) -> None:
        archived(alpha)
        response = browser.get(change(alpha))
        text = response.content.decode()
        assert "Restore it before you change anything." in text
        assert 'name="_save"' not in text
        assert 'name="name"' not in text
        domain = alpha.domains.get()
        rows = form((domain.domain, True, True, domain.pk), client=alpha, name="Mine")
        assert browser.post(change(alpha), rows).status_code == 403
        alpha.refresh_from_db()
        assert (alpha.name, alpha.domains.count()) == ("Alpha", 1)

    def test_without_one_the_domains_can_be_given_up(self, browser: Any, draft: Client) -> None:
        archived(draft)
        text = browser.get(change(draft)).content.decode()
        assert 'name="name"' not in text
        assert 'name="domains-0-domain"' not in text
        assert 'name="domains-0-DELETE"' in text
        domain = draft.domains.get()
        rows = form((domain.domain, True, True, domain.pk), client=draft, name="Mine", tags="x")
        response = browser.post(change(draft), rows)
        assert response.status_code == 302, errors_of(response)
        draft.refresh_from_db()
        assert (draft.name, draft.tags, draft.domains.count()) == ("Gamma", [], 0)

    def test_no_domain_is_added_or_changed(self, browser: Any, draft: Client) -> None:
        archived(draft)
        domain = draft.domains.get()
        changed = ("mine.localhost", True, False, domain.pk)
        rows = form(changed, ("more.localhost", False), client=draft)
        browser.post(change(draft), rows)
        assert [domain.domain for domain in draft.domains.all()] == ["gamma.localhost"]

    def test_the_primary_one_can_go_alone(self, browser: Any, draft: Client) -> None:
        Domain.objects.create(tenant=draft, domain="b.example.org", is_primary=False)
        archived(draft)
        rows = [(d.domain, d.is_primary, d.is_primary, d.pk) for d in draft.domains.all()]
        response = browser.post(change(draft), form(*rows, client=draft))
        assert response.status_code == 302, errors_of(response)
        assert [domain.domain for domain in draft.domains.all()] == ["b.example.org"]


class TestFacts:
    def test_stand_at_the_top_and_are_no_fields(self, browser: Any, alpha: Client) -> None:
        text = browser.get(change(alpha)).content.decode()
        assert text.index("Active") < text.index('name="name"')
        assert "Last active" in text
        for name in ("status", "created_at", "last_active_at", "provisioned_at"):
            assert f'name="{name}"' not in text

    def test_a_post_changes_none_of_them(self, browser: Any, alpha: Client) -> None:
        domain = alpha.domains.get()
        row = (domain.domain, True, False, domain.pk)
        rows = form(row, client=alpha, status="archived", archived_at="2020-01-01")
        assert browser.post(change(alpha), rows).status_code == 302
        alpha.refresh_from_db()
        assert (alpha.status, alpha.archived_at) == ("active", None)


class TestViewer:
    def test_sees_everything_and_has_no_field(
        self, staff_browser: Callable[..., Any], viewer: User, draft: Client
    ) -> None:
        Client.objects.filter(pk=draft.pk).update(
            external_reference="C-17",
            tags=["north", "vip"],
            notes="Ask for Carla.",
            contact_phone="+49 30 1234567",
            time_zone="Asia/Tokyo",
        )
        text = staff_browser(viewer).get(change(draft)).content.decode()
        for shown in ("C-17", "north, vip", "Ask for Carla.", "+49 30 1234567", "Asia/Tokyo"):
            assert shown in text, shown
        assert 'name="_save"' not in text
        assert "<textarea" not in text
        assert staff_browser(viewer).get(ADD).status_code == 403


class TestNextStep:
    def test_a_new_client_needs_a_schema(self, browser: Any) -> None:
        response = browser.post(ADD, form(("delta.localhost", True)), follow=True)
        client = Client.objects.get(schema_name="delta")
        assert f"/tenants/client/{client.pk}/create-schema/" in response.content.decode()

    def test_is_offered_to_those_who_may_take_it(
        self, staff_browser: Callable[..., Any], viewer: User
    ) -> None:
        rights = ("add_client", "change_client", "add_domain", "view_plan")
        viewer.user_permissions.add(*Permission.objects.filter(codename__in=rights))
        browser = staff_browser(viewer)
        response = browser.post(ADD, form(("delta.localhost", True)), follow=True)
        assert "was added successfully" in response.content.decode()
        assert "create-schema" not in response.content.decode()


class TestErrors:
    """Above the form, each with a link to its field: the bar of buttons covers what is below."""

    def test_name_every_field_and_row(self, browser: Any, alpha: Client) -> None:
        rows = form(("a.localhost", True), ("alpha.localhost", False), name="", colour="red")
        response = browser.post(ADD, rows)
        links = {link.target: link.label for link in response.context["error_links"]}
        assert links == {
            "id_name": "Name",
            "id_colour": "Colour",
            "id_domains-1-domain": "Domains, row 2: Domain",
        }
        text = response.content.decode()
        assert 'href="#id_domains-1-domain"' in text
        assert "Please correct these 3" in text
        for target in links:
            assert f'id="{target}"' in text

    def test_lead_to_the_domains_as_a_whole(self, browser: Any) -> None:
        response = browser.post(ADD, form(("a.localhost", False), ("b.localhost", False)))
        (link,) = response.context["error_links"]
        assert (link.label, link.target) == ("Domains", "domains-group")
        assert 'id="domains-group"' in response.content.decode()

    def test_are_escaped(self, browser: Any) -> None:
        response = browser.post(ADD, form(time_zone="<script>alert(1)</script>"))
        assert "<script>alert(1)" not in response.content.decode()


class TestRowsOfDomains:
    def test_have_no_star(self, browser: Any) -> None:
        formset = browser.get(ADD).context["inline_admin_formsets"][0]
        assert not any(
            field["required"] for field in formset.fields() if not field["widget"].is_hidden
        )

    @pytest.mark.parametrize("primary", [True, False])
    def test_that_are_empty_are_none(self, browser: Any, primary: bool) -> None:
        response = browser.post(ADD, form(("", primary), ("delta.localhost", True)))
        assert response.status_code == 302, errors_of(response)
        assert Client.objects.get(schema_name="delta").domains.count() == 1

    def test_do_not_lose_their_name(self, browser: Any, draft: Client) -> None:
        domain = draft.domains.get()
        row = ("", True, False, domain.pk)
        response = browser.post(change(draft), form(row, client=draft, schema_name="gamma"))
        assert "A domain needs its name" in errors_of(response)
