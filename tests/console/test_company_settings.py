"""A company's own settings: what its people change, who may, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import TenantRole
from console.company.models import Settings
from console.history.models import LogEntry
from console.palette import scale
from tenants.exceptions import NotAllowed
from tenants.models import Client, Domain, Feature, Plan
from tenants.operations.own_settings import change_own_settings
from tests.conftest import Browser
from tests.console.company import EXPORT, SETTINGS, give, opened, save, text_of, with_rights
from tests.tenants.operating import TAKE, key_of


@pytest.fixture
def branded(alpha: Client) -> Client:
    give(alpha, Feature.BRANDING)
    return alpha


@pytest.fixture
def cora(alpha: Client) -> User:
    """Who may change the settings, and nothing else."""
    return with_rights(alpha, "view_settings", "change_settings")


@pytest.fixture
def page(tenant_browser: Callable[..., Browser], alpha: Client, cora: User) -> Browser:
    return tenant_browser(alpha, cora)


@pytest.fixture
def tenant_browser_of_owner(web_login: Any, django_db_blocker: Any) -> Iterator[Browser]:
    """The first admin's, over the connection of a web process; undone at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        with schema_context("alpha"):
            owner = User.objects.get(email="ada@alpha.example")
        yield Browser("alpha.localhost", "alpha", owner)
        transaction.set_rollback(True)


def told(client: Client) -> LogEntry:
    return LogEntry.objects.about(client)[0]


class TestChanging:
    def test_the_whole_page(self, page: Browser, branded: Client) -> None:
        response = save(
            page,
            name="Alpha & Sons",
            language="en-gb",
            time_zone="Europe/Berlin",
            week_starts_on="saturday",
            colour="#BE123C",
        )
        assert response.status_code == 302, response.context["errors"]
        branded.refresh_from_db()
        assert (branded.name, branded.language) == ("Alpha & Sons", "en-gb")
        assert (branded.time_zone, branded.week_starts_on) == ("Europe/Berlin", "saturday")
        assert branded.colour == "#be123c"
        home = text_of(page.get("/"))
        assert "Alpha &amp; Sons" in home
        red, green, blue = (int(scale("#be123c")["600"][i : i + 2], 16) for i in (1, 3, 5))
        assert f"rgb({red}, {green}, {blue})" in home

    def test_is_told_to_both_sides_with_who_it_was(self, page: Browser, alpha: Client) -> None:
        save(page, name="Alpha Ltd")
        entry = told(alpha)
        assert (entry.actor_email, entry.actor_id) == ("cora@alpha.example", None)
        assert entry.event == "changed_by_company"
        assert entry.changes == {"name": ["Alpha", "Alpha Ltd"]}
        with schema_context("alpha"):
            row = Settings.objects.get()
            own = LogEntry.objects.about(row).get()
            assert own.actor.email == own.actor_email == row.changed_by_email
            assert own.additional_data == {"what": "Name: Alpha → Alpha Ltd"}
        assert "Last changed here by cora@alpha.example" in text_of(page.get(SETTINGS))

    def test_nothing_writes_nothing(self, page: Browser, alpha: Client) -> None:
        before = LogEntry.objects.about(alpha).count()
        assert save(page).status_code == 302
        assert LogEntry.objects.about(alpha).count() == before
        with schema_context("alpha"):
            assert not Settings.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 121),
            ("language", "tlh"),
            ("time_zone", "Mars/Olympus"),
            ("week_starts_on", "friday"),
            ("colour", "blue"),
        ],
    )
    def test_keeps_the_rules_of_the_staffs_form(
        self, page: Browser, branded: Client, field: str, value: str
    ) -> None:
        response = save(page, **{field: value})
        assert response.status_code == 200
        assert list(response.context["errors"]) == [field]
        before = getattr(branded, field)
        branded.refresh_from_db()
        assert getattr(branded, field) == before

    def test_touches_no_other_company(self, page: Browser, beta: Client) -> None:
        save(page, name="Alpha Ltd")
        beta.refresh_from_db()
        assert beta.name == "Beta"

    def test_of_a_field_that_is_none_of_theirs_is_not_done(
        self, page: Browser, alpha: Client
    ) -> None:
        big = Plan.objects.create(code="big", name="Big")
        save(page, name="Alpha Ltd", plan=big.pk, notes="x", status="archived")
        alpha.refresh_from_db()
        assert (alpha.plan.code, alpha.notes, alpha.status) == ("team", "", "active")

    def test_the_verb_knows_no_other_field(self, alpha: Client, cora: User) -> None:
        with schema_context("alpha"), pytest.raises(ValueError, match="notes"):
            change_own_settings(alpha, changes={"notes": "x"}, acting_user=cora)


class TestWhoMay:
    def test_somebody_who_may_only_look_sees_and_cannot_save(
        self, tenant_browser: Any, alpha: Client
    ) -> None:
        looker = tenant_browser(alpha, with_rights(alpha, "view_settings", email="l@alpha.example"))
        shown = text_of(looker.get(SETTINGS))
        assert 'name="_save"' not in shown
        assert 'id="id_name"' in shown
        assert looker.post(SETTINGS, {"name": "Mine"}).status_code == 403
        alpha.refresh_from_db()
        assert alpha.name == "Alpha"

    @pytest.mark.parametrize(("role", "status"), [("MANAGER", 403), ("OWNER", 200)])
    def test_of_the_roles_it_is_the_owners(
        self, tenant_browser: Any, alpha: Client, role: str, status: int
    ) -> None:
        with schema_context("alpha"):
            somebody = User.objects.create_user("r@alpha.example", is_staff=True)
            somebody.groups.set([TenantRole[role].value])
        browser = tenant_browser(alpha, somebody)
        assert browser.get(SETTINGS).status_code == browser.get(EXPORT).status_code == status

    def test_somebody_with_other_rights_does_neither(
        self, tenant_browser: Any, alpha: Client
    ) -> None:
        other = tenant_browser(
            alpha, with_rights(alpha, "view_dataexport", "add_dataexport", email="o@alpha.example")
        )
        assert other.get(SETTINGS).status_code == 403
        assert other.post(SETTINGS, {"name": "Mine"}).status_code == 403
        assert other.get(f"{SETTINGS}shades/?colour=%23be123c").status_code == 403
        assert f'href="{SETTINGS}"' not in text_of(other.get("/"))

    def test_the_verb_asks_too(self, alpha: Client) -> None:
        looker = with_rights(alpha, "view_settings", email="l@alpha.example")
        with schema_context("alpha"), pytest.raises(NotAllowed):
            change_own_settings(alpha, changes={"name": "Mine"}, acting_user=looker)

    def test_the_sidebar_leads_there(self, page: Browser) -> None:
        assert f'href="{SETTINGS}"' in text_of(page.get("/"))

    def test_the_group_form_says_what_the_rights_are(
        self, tenant_browser: Any, alpha: Client, owner: User
    ) -> None:
        with schema_context("alpha"):
            shown = text_of(tenant_browser(alpha, owner).get("/auth/group/add/"))
        for words in ("Company settings", "Data exports", "See and download"):
            assert words in shown


class TestOthersWork:
    def test_what_was_not_touched_stays_as_the_staff_made_it(
        self, page: Browser, branded: Client
    ) -> None:
        fields = opened(page)
        Client.objects.filter(pk=branded.pk).update(colour="#be123c", time_zone="Asia/Tokyo")
        assert page.post(SETTINGS, {**fields, "name": "Alpha Ltd"}).status_code == 302
        branded.refresh_from_db()
        assert (branded.name, branded.colour) == ("Alpha Ltd", "#be123c")
        assert branded.time_zone == "Asia/Tokyo"

    def test_the_second_to_change_a_field_is_told(self, page: Browser, alpha: Client) -> None:
        fields = opened(page)
        Client.objects.filter(pk=alpha.pk).update(name="Alpha Group")
        response = page.post(SETTINGS, {**fields, "name": "Alpha Ltd"})
        assert "It is “Alpha Group” now" in str(response.context["errors"])
        alpha.refresh_from_db()
        assert alpha.name == "Alpha Group"

    def test_nobody_waits_for_a_worker(self, page: Browser, alpha: Client, second: Any) -> None:
        second.execute("SELECT FROM tenants_client WHERE id = %s FOR UPDATE", [alpha.pk])
        fields = opened(page)
        response = page.post(SETTINGS, {**fields, "name": "Alpha Ltd"})
        assert "Somebody else is changing your settings" in text_of(response)
        assert 'value="Alpha Ltd"' in text_of(response)


class TestWhatBelongsToStaff:
    def test_the_plan_its_limits_and_features_are_shown(self, page: Browser, alpha: Client) -> None:
        alpha.plan.max_users, alpha.plan.features = 2, ["customers"]
        alpha.plan.save()
        shown = " ".join(text_of(page.get(SETTINGS)).split())
        assert "Team" in shown
        assert "2 of 2 <strong>limit reached</strong>" in shown  # Ada and Cora.
        for label, state in (("Customers", "on"), ("Time tracking", "off")):
            assert f'{label}<span class="tenants-hidden">: {state}</span>' in shown

    def test_its_own_domains_are_shown_and_no_others(
        self, page: Browser, alpha: Client, settings: Any
    ) -> None:
        Domain.objects.create(tenant=alpha, domain="work.alpha.example", is_primary=False)
        settings.SUPPORT_EMAIL = "help@console.example"
        shown = text_of(page.get(SETTINGS))
        assert "alpha.localhost <span" in shown
        assert "work.alpha.example</dd>" in shown
        assert "beta.localhost" not in shown
        assert 'href="mailto:help@console.example"' in shown


@pytest.mark.usefixtures("web_login")
def test_a_process_that_logged_in_as_web_may_do_all_of_it(tenant_browser_of_owner: Browser) -> None:
    page = tenant_browser_of_owner
    assert save(page, name="Alpha Ltd").status_code == 302
    assert connection.schema_name == "public"
    assert Client.objects.get(schema_name="alpha").name == "Alpha Ltd"
    assert "alpha.localhost" in text_of(page.get(SETTINGS))


def test_an_operation_does_not_stand_in_the_way(page: Browser, alpha: Client, second: Any) -> None:
    """Whoever has the schema does not have the row."""
    second.execute(TAKE, [key_of("alpha")])
    assert save(page, name="Alpha Ltd").status_code == 302
