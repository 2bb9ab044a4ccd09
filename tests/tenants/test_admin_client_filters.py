"""What the list of clients can be narrowed down to: its filters and its search."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants import stats
from tenants.models import Client, Domain, OperationKind, OperationState, Plan
from tenants.operations.request import request_operation
from tests.tenants.client_pages import names, texts_of


class TestFilters:
    @pytest.mark.parametrize(
        ("state", "value"),
        [
            (None, "none"),
            (OperationState.QUEUED, "waiting"),
            (OperationState.RUNNING, "making"),
            (OperationState.FAILED, "failed"),
        ],
    )
    def test_by_schema(self, browser: Any, draft: Client, state: str | None, value: str) -> None:
        if state:
            operation = request_operation(draft, OperationKind.CREATE_SCHEMA, acting_user=None)
            operation.state = state
            operation.save()
        assert names(browser, schema=value) == ["gamma"]
        assert names(browser, schema="ready") == ["alpha", "beta"]

    def test_by_plan(self, browser: Any, draft: Client) -> None:
        draft.plan = Plan.objects.create(code="big", name="Big")
        draft.save()
        assert names(browser, plan__id__exact=draft.plan_id) == ["gamma"]
        Client.objects.filter(pk=draft.pk).update(plan=None)
        assert names(browser, plan__isnull="True") == ["gamma"]

    def test_by_tag_and_offers_those_in_use(self, browser: Any, draft: Client) -> None:
        draft.tags = ["north", "vip"]
        draft.save()
        assert names(browser, tag="vip") == ["gamma"]
        assert names(browser, tag="vi") == []
        page = texts_of(browser)
        assert '<option value="north"' in page
        assert '<option value="vip"' in page

    @pytest.mark.parametrize(
        ("days", "values"),
        [
            (None, {"none"}),
            (-1, {"over"}),
            (0, {"soon", "running"}),
            (14, {"soon", "running"}),
            (15, {"running"}),
        ],
    )
    def test_by_trial(
        self, browser: Any, draft: Client, days: int | None, values: set[str]
    ) -> None:
        if days is not None:
            draft.trial_ends_on = timezone.localdate() + timedelta(days=days)
            draft.save()
        choices = ("none", "over", "soon", "running")
        found = {value for value in choices if "gamma" in names(browser, trial=value)}
        assert found == values

    def test_how_near_and_how_quiet_is_said_in_one_place(
        self, browser: Any, draft: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The list, its filters and the home page mean the same days."""
        monkeypatch.setattr(stats, "TRIAL_SOON", timedelta(days=3))
        monkeypatch.setattr(stats, "QUIET_AFTER", timedelta(days=5))
        draft.trial_ends_on = timezone.localdate() + timedelta(days=4)
        draft.save()
        alpha = Client.objects.filter(schema_name="alpha")
        alpha.update(last_active_at=timezone.now() - timedelta(days=6))
        assert "gamma" not in names(browser, trial="soon")
        assert names(browser, activity="quiet") == ["alpha"]
        text = texts_of(browser)
        assert "Ends within 3 days" in text
        assert "None for 5 days" in text
        assert "Soon" not in text
        home = browser.get("/").content.decode()
        assert "No trial ends in the next 3 days." in home
        assert "Nobody of 1 active client was there for 5 days." in home

    @pytest.mark.parametrize(("days", "value"), [(None, "never"), (2, "week"), (40, "quiet")])
    def test_by_activity(self, browser: Any, draft: Client, days: int | None, value: str) -> None:
        if days is not None:
            moment = timezone.now() - timedelta(days=days)
            Client.objects.filter(pk=draft.pk).update(last_active_at=moment)
        choices = ("never", "week", "quiet")
        assert [c for c in choices if "gamma" in names(browser, activity=c)] == [value]

    @pytest.mark.parametrize("field", ["created_at", "last_active_at"])
    def test_by_days_both_included(self, browser: Any, draft: Client, field: str) -> None:
        moment = datetime(2020, 5, 17, 23, 30, tzinfo=UTC)
        Client.objects.filter(pk=draft.pk).update(**{field: moment})
        for first, last, is_found in (
            ("2020-05-17", "2020-05-17", True),
            ("2020-05-17", "", True),
            ("", "2020-05-17", True),
            ("2020-05-18", "", False),
            ("", "2020-05-16", False),
        ):
            query = {f"{field}_from": first, f"{field}_to": last}
            assert ("gamma" in names(browser, **query)) is is_found, query

    def test_by_language(self, browser: Any, draft: Client) -> None:
        draft.language = "en-gb"
        draft.save()
        assert names(browser, language__exact="en-gb") == ["gamma"]

    @pytest.mark.parametrize(
        "query",
        [
            {"schema": "x"},
            {"trial": "x"},
            {"activity": "x"},
            {"created_at_from": "x", "created_at_to": "0001-01-01"},
            {"created_at_to": "9999-12-31"},
        ],
    )
    def test_nonsense_filters_nothing(
        self, browser: Any, draft: Client, query: dict[str, str]
    ) -> None:
        assert names(browser, **query) == ["alpha", "beta", "gamma"]


class TestSearch:
    @pytest.mark.parametrize(
        "term",
        [
            "gamma",
            "gamma.localhost",
            "ADA@gamma.example",
            "C-17",
            "carla",
            "carla@gamma.example",
            "northern",
            "gamma northern C-17",
            "'key account'",
        ],
    )
    def test_finds_by(self, browser: Any, draft: Client, term: str) -> None:
        draft.external_reference = "C-17"
        draft.contact_name, draft.contact_email = "Carla", "carla@gamma.example"
        draft.tags = ["key account", "northern"]
        draft.save()
        assert names(browser, q=term) == ["gamma"]

    def test_finds_a_domain_as_its_owner_writes_it(self, browser: Any, draft: Client) -> None:
        Domain.objects.create(tenant=draft, domain="gamma-hütte.example", is_primary=False)
        assert names(browser, q="gamma-hütte") == ["gamma"]

    def test_every_word_has_to_be_there(self, browser: Any, draft: Client) -> None:
        assert names(browser, q="gamma alpha") == []

    def test_a_client_with_several_domains_comes_once(self, browser: Any, draft: Client) -> None:
        Domain.objects.create(tenant=draft, domain="gamma.example.org", is_primary=False)
        assert names(browser, q="gamma") == ["gamma"]

    @pytest.mark.parametrize("term", ["'", '"', "%", "_", "\\", "x " * 500, "'\\"])
    def test_odd_words_are_words(self, browser: Any, draft: Client, term: str) -> None:
        assert isinstance(names(browser, q=term), list)
