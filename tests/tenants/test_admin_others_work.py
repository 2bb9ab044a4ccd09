"""Two people with the same client or plan open: nobody undoes what the other has done."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from console.history.acting import acting_as
from console.history.models import LogEntry
from tenants.models import Client, Domain, Plan
from tests.page_forms import main_form
from tests.tenants.client_pages import change, errors_of

Fields = dict[str, Any]


def opened(browser: Any, client: Client) -> Fields:
    """What the page of the client would send if nobody touched it."""
    fields = main_form(browser.get(change(client)).content.decode()).fields
    return {name: values[-1] for name, values in fields.items()}


def sent(response: Any) -> Fields:
    """The same of a page that came back."""
    fields = main_form(response.content.decode()).fields
    return {name: values[-1] for name, values in fields.items()}


def by_a_colleague(client: Client, **fields: Any) -> None:
    with acting_as(None):
        colleagues = Client.objects.get(pk=client.pk)
        for name, value in fields.items():
            setattr(colleagues, name, value)
        colleagues.save()


class TestFields:
    def test_what_was_not_touched_stays_as_the_other_made_it(
        self, browser: Any, alpha: Client
    ) -> None:
        page = opened(browser, alpha)
        big = Plan.objects.create(code="big", name="Big")
        theirs: Fields = {
            "plan": big,
            "tags": ["vip"],
            "colour": "#be123c",
            "time_zone": "Asia/Tokyo",
            "contact_email": "c@alpha.example",
            "redirect_to_primary": not alpha.redirect_to_primary,
        }
        by_a_colleague(alpha, **theirs)
        newest = LogEntry.objects.about(alpha)[0]
        response = browser.post(change(alpha), {**page, "notes": "Mine"})
        assert response.status_code == 302, errors_of(response)
        alpha.refresh_from_db()
        assert {name: getattr(alpha, name) for name in theirs} == theirs
        assert alpha.notes == "Mine"
        entry = LogEntry.objects.about(alpha)[0]
        assert entry.pk != newest.pk
        assert set(entry.changes) == {"notes"}

    def test_a_plan_that_is_retired_and_taken_off_by_the_other_is_no_error(
        self, browser: Any, alpha: Client
    ) -> None:
        old = Plan.objects.create(code="old", name="Old")
        by_a_colleague(alpha, plan=old, time_zone="US/Eastern")
        Plan.objects.filter(pk=old.pk).update(is_retired=True)
        page = opened(browser, alpha)
        new = Plan.objects.create(code="new", name="New")
        by_a_colleague(alpha, plan=new, time_zone="Asia/Tokyo")
        response = browser.post(change(alpha), {**page, "contact_phone": "1"})
        assert response.status_code == 302, errors_of(response)
        alpha.refresh_from_db()
        assert (alpha.plan, alpha.time_zone) == (new, "Asia/Tokyo")

    def test_who_is_second_is_told_and_may_insist(self, browser: Any, alpha: Client) -> None:
        page = opened(browser, alpha)
        big = Plan.objects.create(code="big", name="Big")
        small = Plan.objects.create(code="small", name="Small")
        by_a_colleague(alpha, plan=big, notes="Theirs")
        response = browser.post(change(alpha), {**page, "plan": small.pk, "notes": "Mine"})
        assert response.status_code == 200
        assert "It is “Big” now" in errors_of(response)
        assert "It is “Theirs” now" in errors_of(response)
        alpha.refresh_from_db()
        assert (alpha.plan, alpha.notes) == (big, "Theirs")
        assert browser.post(change(alpha), sent(response)).status_code == 302
        alpha.refresh_from_db()
        assert (alpha.plan, alpha.notes) == (small, "Mine")

    def test_the_same_change_by_both_is_no_conflict(self, browser: Any, alpha: Client) -> None:
        page = opened(browser, alpha)
        by_a_colleague(alpha, notes="Both", tags=["a", "b"])
        response = browser.post(change(alpha), {**page, "notes": "Both", "tags": "b, A"})
        assert response.status_code == 302, errors_of(response)

    def test_line_ends_are_no_conflict(self, browser: Any, alpha: Client) -> None:
        by_a_colleague(alpha, notes="One\nTwo", trial_ends_on=timezone.localdate())
        page = opened(browser, alpha)
        # As a browser sends them, whatever the page had.
        page |= {"initial-notes": "One\r\nTwo", "notes": "One\r\nTwo\r\nThree"}
        response = browser.post(change(alpha), page)
        assert response.status_code == 302, errors_of(response)
        entry = LogEntry.objects.about(alpha)[0]
        assert set(entry.changes) == {"notes"}
        page = opened(browser, alpha) | {"initial-notes": "One\r\nTwo", "notes": "One\r\nTwo"}
        assert browser.post(change(alpha), page).status_code == 302
        assert LogEntry.objects.about(alpha)[0] == entry

    def test_a_box_can_be_unticked(self, browser: Any, alpha: Client) -> None:
        by_a_colleague(alpha, redirect_to_primary=True)
        page = opened(browser, alpha)
        del page["redirect_to_primary"]
        assert browser.post(change(alpha), page).status_code == 302
        alpha.refresh_from_db()
        assert not alpha.redirect_to_primary

    def test_untouched_nothing_is_written(self, browser: Any, alpha: Client) -> None:
        before = LogEntry.objects.count()
        response = browser.post(change(alpha), opened(browser, alpha))
        assert response.status_code == 302, errors_of(response)
        assert LogEntry.objects.count() == before

    def test_a_logo_needs_no_field_of_what_was_shown(self, browser: Any, alpha: Client) -> None:
        page = opened(browser, alpha)
        by_a_colleague(alpha, notes="Theirs")
        wrong = SimpleUploadedFile("a.png", b"no picture", "image/png")
        response = browser.post(change(alpha), {**page, "logo": wrong})
        assert response.status_code == 200
        alpha.refresh_from_db()
        assert alpha.notes == "Theirs"

    def test_a_reference_of_another_client_is_wrong_in_its_field(
        self, browser: Any, alpha: Client, beta: Client
    ) -> None:
        by_a_colleague(beta, external_reference="C-1")
        response = browser.post(
            change(alpha), {**opened(browser, alpha), "external_reference": "C-1"}
        )
        errors = response.context["adminform"].form.errors
        assert errors == {"external_reference": ["Another client has this external reference."]}
        assert 'href="#id_external_reference"' in response.content.decode()


class TestDomains:
    @pytest.fixture
    def other(self, alpha: Client) -> Domain:
        return Domain.objects.create(tenant=alpha, domain="b.example", is_primary=False)

    def primary(self, client: Client) -> str:
        return client.get_primary_domain().domain

    def test_a_mark_that_the_other_moved_stays_there(
        self, browser: Any, alpha: Client, other: Domain
    ) -> None:
        page = opened(browser, alpha)
        other.is_primary = True
        other.save()
        response = browser.post(change(alpha), {**page, "notes": "Mine"})
        assert response.status_code == 302, errors_of(response)
        assert self.primary(alpha) == "b.example"

    def test_two_who_move_the_mark_end_with_one(
        self, browser: Any, alpha: Client, other: Domain
    ) -> None:
        third = Domain.objects.create(tenant=alpha, domain="c.example", is_primary=False)
        page = opened(browser, alpha)
        number = next(n for n in range(3) if page[f"domains-{n}-domain"] == "b.example")
        first = next(n for n in range(3) if page[f"domains-{n}-domain"] == "alpha.localhost")
        del page[f"domains-{first}-is_primary"]
        page[f"domains-{number}-is_primary"] = "on"
        third.is_primary = True
        third.save()
        response = browser.post(change(alpha), page)
        assert response.status_code == 200
        assert "Only one domain can be the primary one" in errors_of(response)
        assert alpha.domains.filter(is_primary=True).get() == third
        # Both marks are on the page that comes back; one of them is taken off.
        again = sent(response)
        marked = [name for name in again if name.endswith("-is_primary") and "initial" not in name]
        assert len(marked) == 2
        at = next(n for n in range(3) if again[f"domains-{n}-domain"] == "c.example")
        del again[f"domains-{at}-is_primary"]
        response = browser.post(change(alpha), again)
        assert response.status_code == 302, errors_of(response)
        assert self.primary(alpha) == "b.example"

    def test_one_that_the_other_took_away_is_told_and_the_next_save_is_good(
        self, browser: Any, alpha: Client, other: Domain
    ) -> None:
        page = opened(browser, alpha)
        other.delete()
        typed = {
            **page,
            "notes": "Mine",
            "domains-TOTAL_FORMS": "3",
            "domains-2-domain": "c.example",
        }
        response = browser.post(change(alpha), typed)
        assert response.status_code == 200
        assert "Somebody else changed the domains" in errors_of(response)
        text = response.content.decode()
        assert "b.example" not in text
        for kept in ("alpha.localhost", "c.example", "Mine"):
            assert kept in text
        response = browser.post(change(alpha), sent(response))
        assert response.status_code == 302, errors_of(response)
        assert {domain.domain for domain in alpha.domains.all()} == {"alpha.localhost", "c.example"}
        alpha.refresh_from_db()
        assert alpha.notes == "Mine"

    def test_one_that_the_other_added_is_shown(self, browser: Any, alpha: Client) -> None:
        page = opened(browser, alpha)
        Domain.objects.create(tenant=alpha, domain="b.example", is_primary=True)
        response = browser.post(change(alpha), {**page, "domains-0-domain": "a.example"})
        assert response.status_code == 200
        assert "b.example" in response.content.decode()
        assert self.primary(alpha) == "b.example"
        again = sent(response)
        marked = [name for name in again if name.endswith("-is_primary") and "initial" not in name]
        assert len(marked) == 1
        assert browser.post(change(alpha), again).status_code == 302
        assert {domain.domain for domain in alpha.domains.all()} == {"a.example", "b.example"}
        assert self.primary(alpha) == "b.example"

    def test_a_page_that_showed_none_takes_no_place_away(self, browser: Any, draft: Client) -> None:
        draft.domains.all().delete()
        page = opened(browser, draft)
        Domain.objects.create(tenant=draft, domain="a.example", is_primary=True)
        typed = {
            **page,
            "domains-TOTAL_FORMS": "1",
            "domains-0-domain": "b.example",
            "domains-0-is_primary": "on",
        }
        response = browser.post(change(draft), typed)
        assert "Somebody else changed the domains" in errors_of(response)
        assert self.primary(draft) == "a.example"

    def test_a_name_that_the_other_changed_on_its_own_page_stays(
        self, browser: Any, alpha: Client, other: Domain
    ) -> None:
        address = f"/tenants/domain/{other.pk}/change/"
        fields = main_form(browser.get(address).content.decode()).fields
        Domain.objects.filter(pk=other.pk).update(domain="c.example")
        assert browser.post(address, fields).status_code == 302
        other.refresh_from_db()
        assert other.domain == "c.example"


def test_two_managers_with_one_plan_open(browser: Any, db: None) -> None:
    plan = Plan.objects.create(code="gold", name="Gold", price=10, features=["customers"])
    address = f"/tenants/plan/{plan.pk}/change/"
    fields = main_form(browser.get(address).content.decode()).fields
    Plan.objects.filter(pk=plan.pk).update(price=12, max_users=5, features=["branding"])
    response = browser.post(address, {**fields, "name": "Golden"})
    assert response.status_code == 302
    plan.refresh_from_db()
    assert (plan.name, plan.price, plan.max_users) == ("Golden", 12, 5)
    assert plan.features == ["branding"]
    response = browser.post(address, {**fields, "name": "Gilded"})
    assert response.status_code == 200
    assert "It is “Golden” now" in response.content.decode()
    response = browser.post(address, {**fields, "features": ["customers", "data_export"]})
    assert "It is “Own colours and logo” now" in response.content.decode()
    again = main_form(response.content.decode()).fields
    assert browser.post(address, again).status_code == 302
    plan.refresh_from_db()
    assert (plan.name, plan.features) == ("Golden", ["customers", "data_export"])


def test_a_plan_without_features_that_the_other_gave_one(browser: Any, db: None) -> None:
    plan = Plan.objects.create(code="bare", name="Bare")
    address = f"/tenants/plan/{plan.pk}/change/"
    fields = main_form(browser.get(address).content.decode()).fields
    Plan.objects.filter(pk=plan.pk).update(features=["branding"])
    assert browser.post(address, {**fields, "name": "Rich"}).status_code == 302
    plan.refresh_from_db()
    assert (plan.name, plan.features) == ("Rich", ["branding"])
