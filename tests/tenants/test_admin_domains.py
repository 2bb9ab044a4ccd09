"""The staff's pages of domains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.models import Client, Domain


@pytest.fixture
def browser(staff_browser: Callable[..., Any], operator: User) -> Any:
    return staff_browser(operator)


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

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, outsider: User, alpha: Client
    ) -> None:
        domain = alpha.domains.get()
        assert staff_browser(viewer).get("/tenants/domain/").status_code == 200
        assert staff_browser(viewer).post(domain_url(domain), {}).status_code == 403
        assert staff_browser(viewer).post(domain_url(domain, "delete")).status_code == 403
        assert staff_browser(outsider).get("/tenants/domain/").status_code == 403
