"""The staff's pages of domains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.models import Client, Domain
from tenants.operations import lifecycle
from tenants.operations.domains import Hosts, arrange_domains


def domain_url(domain: Domain, path: str = "change") -> str:
    return f"/tenants/domain/{domain.pk}/{path}/"


class TestDomains:
    ADD = "/tenants/domain/add/"

    def test_adds_one_and_logs_it(self, browser: Any, alpha: Client) -> None:
        response = browser.post(self.ADD, {"domain": "Second.Localhost", "tenant": alpha.pk})
        assert response.status_code == 302
        domain = Domain.objects.get(domain="second.localhost")
        assert not domain.is_primary
        entry = LogEntry.objects.about(alpha)[0]
        assert (entry.action, entry.object_repr) == (LogEntry.Action.CREATE, domain.domain)

    def test_one_primary_each(self, browser: Any, alpha: Client) -> None:
        data = {"domain": "second.localhost", "tenant": alpha.pk, "is_primary": "on"}
        response = browser.post(self.ADD, data)
        assert "alpha.localhost. Move the mark" in response.content.decode()
        response = browser.post(domain_url(alpha.domains.get()), {"domain": "alpha.localhost"})
        assert "so this one has to be it" in response.content.decode()

    def test_what_was_typed_is_kept_where_somebody_holds_the_client(
        self, browser: Any, alpha: Client, second: Any
    ) -> None:
        take = "SELECT 1 FROM tenants_client WHERE id = %s FOR NO KEY UPDATE"
        second.execute(take, [alpha.pk])
        pages = (self.ADD, domain_url(alpha.domains.get()))
        for page in pages:
            data = {"domain": "typed.localhost", "tenant": alpha.pk, "is_primary": "on"}
            text = browser.post(page, data).content.decode()
            assert "Alpha is being worked on, or changed by somebody else" in text
            assert 'value="typed.localhost"' in text
        assert [domain.domain for domain in alpha.domains.all()] == ["alpha.localhost"]
        second.rollback()
        data = {"domain": "typed.localhost", "tenant": alpha.pk}
        assert browser.post(self.ADD, data).status_code == 302

    @pytest.mark.parametrize(
        ("right", "status"), [("view_domain", 403), ("add_domain", 200), ("view_client", 200)]
    )
    def test_clients_are_offered_to_those_who_may_choose_or_see_one(
        self, staff_browser: Callable[..., Any], outsider: User, right: str, status: int
    ) -> None:
        outsider.user_permissions.add(Permission.objects.get(codename=right))
        query = {"app_label": "tenants", "model_name": "domain", "field_name": "tenant", "term": ""}
        assert staff_browser(outsider).get("/autocomplete/", query).status_code == status

    @pytest.mark.parametrize("tenant", ["", "0", "abc", "-1", "9" * 30])
    def test_of_nobody_is_refused(self, browser: Any, db: None, tenant: str) -> None:
        response = browser.post(self.ADD, {"domain": "x.localhost", "tenant": tenant})
        assert response.status_code == 200
        assert not Domain.objects.filter(domain="x.localhost").exists()

    def test_an_archived_client_is_neither_offered_nor_taken(
        self, browser: Any, alpha: Client, beta: Client
    ) -> None:
        lifecycle.archive(beta, removal_on=timezone.localdate(), acting_user=None)
        query = {"app_label": "tenants", "model_name": "domain", "field_name": "tenant", "term": ""}
        found = browser.get("/autocomplete/", query).json()["results"]
        assert [choice["text"] for choice in found] == ["Alpha"]
        browser.post(self.ADD, {"domain": "x.localhost", "tenant": beta.pk})
        assert beta.domains.count() == 1

    def test_none_for_the_console(self, browser: Any, db: None) -> None:
        public = Client.objects.get(schema_name="public")
        response = browser.post(self.ADD, {"domain": "other.localhost", "tenant": public.pk})
        assert response.status_code == 200
        assert public.domains.count() == 1

    def test_the_consoles_own_is_untouchable(self, browser: Any, db: None) -> None:
        domain = Domain.objects.get(tenant__schema_name="public")
        assert browser.get(domain_url(domain)).status_code == 200
        assert browser.post(domain_url(domain), {"domain": "x.localhost"}).status_code == 403
        assert browser.post(domain_url(domain, "delete"), {"post": "yes"}).status_code == 403
        domain.refresh_from_db()
        assert domain.domain == "localhost"

    def test_a_primary_one_is_not_deleted(self, browser: Any, alpha: Client) -> None:
        domain = alpha.domains.get()
        response = browser.post(domain_url(domain, "delete"), {"post": "yes"}, follow=True)
        assert "is the only domain of" in response.content.decode()
        other = Domain.objects.create(tenant=alpha, domain="b.localhost", is_primary=False)
        response = browser.post(domain_url(domain, "delete"), {"post": "yes"}, follow=True)
        assert "is the primary domain of" in response.content.decode()
        assert Domain.objects.filter(pk=domain.pk).exists()
        browser.post(domain_url(other, "delete"), {"post": "yes"})
        assert not Domain.objects.filter(domain="b.localhost").exists()

    def test_stays_with_its_client(self, browser: Any, alpha: Client, beta: Client) -> None:
        domain = alpha.domains.get()
        data = {"domain": domain.domain, "tenant": beta.pk, "is_primary": "on"}
        browser.post(domain_url(domain), data)
        domain.refresh_from_db()
        assert domain.tenant == alpha

    def test_of_a_client_without_a_schema_the_last_one_may_go(
        self, browser: Any, alpha: Client
    ) -> None:
        bare = Client.objects.create(
            schema_name="bare", name="Bare", admin_name="B", admin_email="b@x.example"
        )
        domain = Domain.objects.create(tenant=bare, domain="bare.example")
        browser.post(domain_url(domain, "delete"), {"post": "yes"})
        assert not bare.domains.exists()

    def test_of_an_archived_client_stay_as_long_as_its_schema(
        self, browser: Any, alpha: Client
    ) -> None:
        """Restored, it would be an active client that nobody reaches."""
        further = Domain.objects.create(tenant=alpha, domain="b.example", is_primary=False)
        lifecycle.archive(alpha, removal_on=timezone.localdate(), acting_user=None)
        for domain in (alpha.domains.get(is_primary=True), further):
            assert browser.post(domain_url(domain), {"domain": "x.example"}).status_code == 403
            page = browser.post(domain_url(domain, "delete"), {"post": "yes"}, follow=True)
            assert "Alpha is archived. Restore it first." in page.content.decode()
        data = {"domain": "x.example", "tenant": alpha.pk}
        assert "Select a valid choice" in browser.post(self.ADD, data).content.decode()
        assert alpha.domains.count() == 2
        restored = lifecycle.restore(alpha, acting_user=None)
        assert restored.get_primary_domain().domain == "alpha.localhost"

    def test_of_an_archived_client_without_a_schema_can_be_given_up(
        self, browser: Any, draft: Client
    ) -> None:
        Domain.objects.create(tenant=draft, domain="b.example", is_primary=False)
        lifecycle.archive(draft, removal_on=timezone.localdate(), acting_user=None)
        for domain in draft.domains.order_by("-is_primary"):  # In any order.
            assert browser.post(domain_url(domain), {"domain": "x.example"}).status_code == 403
            browser.post(domain_url(domain, "delete"), {"post": "yes"})
        assert not draft.domains.exists()

    def test_is_judged_by_what_is_so_now(
        self, browser: Any, alpha: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody else made it the primary one after this request had read it."""
        further = Domain.objects.create(tenant=alpha, domain="b.example", is_primary=False)

        def hold_client(key: int) -> Client:
            arrange_domains({alpha: Hosts("b.example", ())})
            return Client.objects.get(pk=key)

        monkeypatch.setattr("tenants.admin.domains.hold_client", hold_client)
        page = browser.post(domain_url(further, "delete"), {"post": "yes"}, follow=True)
        assert "b.example is the only domain of Alpha" in page.content.decode()
        assert Domain.objects.filter(pk=further.pk).exists()

    def test_waits_for_nobody_who_holds_the_client(
        self, browser: Any, alpha: Client, second: Any
    ) -> None:
        further = Domain.objects.create(tenant=alpha, domain="b.example", is_primary=False)
        second.execute("SELECT 1 FROM tenants_client WHERE id = %s FOR NO KEY UPDATE", [alpha.pk])
        page = browser.post(domain_url(further, "delete"), {"post": "yes"}, follow=True)
        assert "or changed by somebody else, at this moment" in page.content.decode()
        assert alpha.domains.count() == 2

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, outsider: User, alpha: Client
    ) -> None:
        domain = alpha.domains.get()
        assert staff_browser(viewer).get("/tenants/domain/").status_code == 200
        assert staff_browser(viewer).post(domain_url(domain), {}).status_code == 403
        assert staff_browser(viewer).post(domain_url(domain, "delete")).status_code == 403
        assert staff_browser(outsider).get("/tenants/domain/").status_code == 403
