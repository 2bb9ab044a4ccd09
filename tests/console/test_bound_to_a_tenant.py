"""What is no SQL and belongs to one company all the same: taken from alpha to beta, and to the
staff's side, by somebody who is the same user in all three (``twins.py``).

Each is tried by requests, as whoever has got hold of it would. Here: cache keys, messages, results
of the palette and of autocomplete, log entries. Files are in ``test_bound_files.py``, sessions and
links in ``test_bound_ways_in.py``, jobs in ``test_bound_jobs.py``. What of it is tried in a console
at work is in ``console/doctor/bindings.py``.
"""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenant_data.models import Customer
from tenants.models import Client, Feature
from tests.conftest import Browser
from tests.console.company import EXPORT, give
from tests.console.twins import PK, a_task, taking_cookies, text_of


@pytest.fixture(autouse=True)
def _with_everything(alpha: Client) -> None:
    give(alpha, *Feature)  # Both have the one plan.


class TestCacheKeys:
    def test_what_is_kept_under_a_key_is_kept_for_one_schema(self, in_alpha: Browser) -> None:
        with schema_context("alpha"):
            cache.set("same", "alpha's")
        for schema in ("beta", "public"):
            with schema_context(schema):
                assert cache.get("same") is None
                assert cache.get_many(["same"]) == {}
                assert "same" not in cache
                cache.set("same", "another's")
                cache.delete("same")
        with schema_context("alpha"):
            assert cache.get("same") == "alpha's"

    def test_what_a_process_remembers_of_kinds_is_forgotten_between_two_schemas(
        self, in_alpha: Browser, in_beta: Browser
    ) -> None:
        """Django keeps the ids of content types for the process. In beta they are others here."""
        with owner_rights("beta"):
            kinds = ContentType.objects.filter(app_label="tenant_data")
            ids = {name: kinds.get(model=name).pk for name in ("customer", "label")}
            kinds.filter(pk=ids["customer"]).update(model="waits")
            kinds.filter(pk=ids["label"]).update(model="customer")
            kinds.filter(pk=ids["customer"]).update(model="label")
        for browser in (in_alpha, in_beta):
            browser.post("/tenant_data/customer/add/", {"name": "Baker"})
            with schema_context(browser.schema):
                entry = LogEntry.objects.get(object_repr="Baker")
                assert entry.content_type.model == "customer"
        for browser in (in_alpha, in_beta):
            found = text_of(browser.get("/history/logentry/?kind=tenant_data.customer"))
            assert "Baker" in found


class TestMessages:
    def test_are_told_where_they_were_meant_to_be_told(
        self, in_alpha: Browser, elsewhere: Browser
    ) -> None:
        in_alpha.post(EXPORT)
        in_alpha.post(EXPORT)  # Which is refused in words.
        assert "messages" not in in_alpha.cookies
        words = "An export is being made already"
        assert words not in text_of(taking_cookies(in_alpha, elsewhere).get("/login/"))
        assert words not in text_of(elsewhere.get("/"))
        assert words in text_of(in_alpha.get(EXPORT))


class TestPaletteAndAutocomplete:
    CHOICES = "/autocomplete/?app_label=tenant_data&model_name=task&field_name=project&term=zephyr"

    def test_the_palette_finds_what_is_here(self, in_alpha: Browser, elsewhere: Browser) -> None:
        """The same user asks for the same word, one right after the other."""
        a_task("alpha", "Zephyr")
        assert "Zephyr" in text_of(in_alpha.get("/search/?s=zephyr"))
        assert "Zephyr" not in text_of(elsewhere.get("/search/?s=zephyr"))
        assert "Zephyr" in text_of(in_alpha.get("/search/?s=zephyr"))

    def test_each_company_finds_its_own_row_of_the_same_id(
        self, in_alpha: Browser, in_beta: Browser
    ) -> None:
        a_task("alpha", "Zephyr Uno")
        a_task("beta", "Zephyr Duo")
        for address in ("/search/?s=zephyr", self.CHOICES):
            found, found_in_beta = text_of(in_alpha.get(address)), text_of(in_beta.get(address))
            assert ("Uno" in found, "Duo" in found) == (True, False)
            assert ("Uno" in found_in_beta, "Duo" in found_in_beta) == (False, True)

    def test_choices_are_those_of_this_company(self, in_alpha: Browser, elsewhere: Browser) -> None:
        a_task("alpha", "Zephyr")
        assert len(in_alpha.get(self.CHOICES).json()["results"]) == 1
        response = elsewhere.get(self.CHOICES)
        if elsewhere.schema == "public":
            assert response.status_code == 403  # There is no such list.
        else:
            assert response.json()["results"] == []


class TestLogEntries:
    LIST = "/history/logentry/"

    def change(self, browser: Browser, name: str) -> int:
        """A change by a page; the key of its entry."""
        browser.post("/tenant_data/customer/add/", {"name": name})
        with schema_context(browser.schema):
            customer = Customer.objects.get(name=name)
            return int(LogEntry.objects.about(customer).latest("pk").pk)

    def test_are_read_where_they_were_written(self, in_alpha: Browser, elsewhere: Browser) -> None:
        entry = self.change(in_alpha, "Zephyr & Sons")
        mine = f"{self.LIST}{entry}/change/"
        assert "Zephyr" in text_of(in_alpha.get(mine))
        queries = ("", "?q=zephyr", "?who=same@same.example", f"?subject=accounts.user:{PK}")
        for path in (mine, *(self.LIST + query for query in queries)):
            assert "Zephyr" not in text_of(elsewhere.get(path, follow=True))

    def test_who_did_it_is_somebody_of_this_side(self, in_alpha: Browser, in_beta: Browser) -> None:
        with schema_context("beta"):
            User.objects.filter(pk=PK).update(name="Bea")
        entry = self.change(in_alpha, "Zephyr")
        with schema_context("alpha"):
            assert LogEntry.objects.get(pk=entry).actor.name == "Sam"
        with schema_context("beta"):
            assert not LogEntry.objects.filter(object_repr="Zephyr").exists()
        assert connection.schema_name == "public"
        assert not LogEntry.objects.filter(object_repr="Zephyr").exists()
