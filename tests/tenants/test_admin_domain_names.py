"""Which names the pages of domains take, and that a change of one is so at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client as HttpClient

from tenants.models import Client, Domain
from tenants.operations.domains import Hosts, arrange_domains


def domain_url(domain: Domain, path: str = "change") -> str:
    return f"/tenants/domain/{domain.pk}/{path}/"


class TestNames:
    ADD = "/tenants/domain/add/"

    @pytest.mark.parametrize(
        ("written", "said"),
        [
            ("https://acme.example/", "host name alone"),
            ("acme.example:8000", "without a port"),
            ("www.acme.example", "Leave out “www.”"),
            ("acme_x.example", "underscore"),
            ("*.acme.example", "does not stand for all names"),
            ("10.0.0.1", "An IP address"),
            ("acme", "Give the full name"),
            ("localhost", "belongs to the console"),
            ("admin.localhost", "is kept for the console"),
            ("a" * 64 + ".example", "more than 63"),
            ("acme\x00.example", "Null characters"),
            ("beta.localhost", "belongs to a client already"),
        ],
    )
    def test_that_cannot_be_are_said_beside_the_field(
        self, browser: Any, alpha: Client, written: str, said: str
    ) -> None:
        response = browser.post(self.ADD, {"domain": written, "tenant": alpha.pk})
        (error,) = response.context["adminform"].form.errors["domain"]
        assert said in error
        assert alpha.domains.count() == 1

    def test_beyond_ascii_are_kept_as_browsers_send_them(self, browser: Any, alpha: Client) -> None:
        browser.post(self.ADD, {"domain": "Bücher.Example.", "tenant": alpha.pk})
        assert alpha.domains.filter(domain="xn--bcher-kva.example").exists()
        for query in ("", "?q=bücher.example", "?q=xn--bcher"):
            text = browser.get(f"/tenants/domain/{query}").content.decode()
            assert "xn--bcher-kva.example" in text
            assert "bücher.example" in text

    def test_are_checked_wherever_they_are_saved(self, alpha: Client) -> None:
        for name in ("bad_one.example", "localhost", "admin.localhost", ""):
            with pytest.raises(ValidationError):
                Domain.objects.create(tenant=alpha, domain=name, is_primary=False)
        domain = alpha.domains.get()
        domain.domain = "*.example"
        with pytest.raises(ValidationError):
            domain.save()

    def test_from_before_a_rule_do_not_stop_their_client(self, alpha: Client) -> None:
        alpha.domains.update(domain="old_one.localhost")
        domain = alpha.domains.get()
        domain.full_clean(exclude=["domain"])
        domain.save()

    def test_the_race_for_one_is_lost_with_plain_words(
        self, browser: Any, alpha: Client, beta: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Somebody else's row comes after the form was checked and before it is saved.
        Domain.objects.create(tenant=beta, domain="race.example", is_primary=False)
        real, checks = Domain.validate_unique, []

        def validate_unique(self: Domain, exclude: Any = None) -> None:
            checks.append(self.domain)
            if len(checks) > 1:
                real(self, exclude)

        monkeypatch.setattr(Domain, "validate_unique", validate_unique)
        response = browser.post(self.ADD, {"domain": "race.example", "tenant": alpha.pk})
        assert "belongs to a client already" in response.content.decode()
        assert len(checks) == 2


class TestAtOnce:
    """What is changed here is so for the next request: nothing between remembers domains."""

    @pytest.fixture
    def status(self, alpha: Client) -> Callable[[str], int]:
        def status(host: str) -> int:
            response = HttpClient(headers={"host": host}).get("/login/")
            connection.set_schema_to_public()
            return response.status_code

        return status

    def test_a_new_one_leads_to_the_client(
        self, browser: Any, alpha: Client, status: Callable[[str], int]
    ) -> None:
        assert status("second.example") == 404
        browser.post("/tenants/domain/add/", {"domain": "second.example", "tenant": alpha.pk})
        assert status("second.example") == 200
        assert status("www.second.example") == 200

    def test_one_that_is_renamed_leads_there_no_longer(
        self, browser: Any, alpha: Client, status: Callable[[str], int]
    ) -> None:
        assert status("alpha.localhost") == 200
        data = {"domain": "renamed.example", "is_primary": "on"}
        assert browser.post(domain_url(alpha.domains.get()), data).status_code == 302
        assert (status("alpha.localhost"), status("renamed.example")) == (404, 200)

    def test_one_that_is_deleted_leads_nowhere(
        self, browser: Any, alpha: Client, status: Callable[[str], int]
    ) -> None:
        domain = Domain.objects.create(tenant=alpha, domain="b.example", is_primary=False)
        assert status("b.example") == 200
        browser.post(domain_url(domain, "delete"), {"post": "yes"})
        assert status("b.example") == 404

    def test_one_that_was_moved_leads_to_its_new_client(
        self, browser: Any, alpha: Client, beta: Client
    ) -> None:
        Domain.objects.create(tenant=alpha, domain="moved.example", is_primary=False)
        before = HttpClient(headers={"host": "moved.example"}).get("/login/").content.decode()
        connection.set_schema_to_public()
        arrange_domains({alpha: Hosts("alpha.localhost", ())})
        arrange_domains({beta: Hosts("moved.example", ("beta.localhost",))})
        after = HttpClient(headers={"host": "moved.example"}).get("/login/").content.decode()
        assert ("Alpha" in before, "Alpha" in after, "Beta" in after) == (True, False, True)
