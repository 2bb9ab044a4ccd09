"""The history: every change is written down once, with who made it, whichever way it came."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from console.accounts.models import User
from console.history import events
from console.history.acting import acting_as
from console.history.events import name_of, sentence
from console.history.models import LogEntry
from console.history.record import record_event, record_many, save_as
from console.history.words import tell
from tenants.history import EVENTS, ClientEvent
from tenants.models import Client, ClientStatus, Domain, Plan

Action = LogEntry.Action


def newest(obj: Any) -> LogEntry:
    entry = LogEntry.objects.about(obj).first()
    assert entry is not None
    return entry


@pytest.fixture(autouse=True)
def _named_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of these tests' own."""
    for event in ("renamed", "looked_at", "warm"):
        monkeypatch.setitem(events._events, event, (event, event))


class TestWhatIsWritten:
    def test_what_from_and_what_to(self, alpha: Client) -> None:
        alpha.name = "Alpha Ltd"
        alpha.save()
        entry = newest(alpha)
        assert entry.changes == {"name": ["Alpha", "Alpha Ltd"]}
        assert (entry.action, entry.object_pk) == (Action.UPDATE, str(alpha.pk))

    def test_nothing_where_nothing_was_changed(self, alpha: Client) -> None:
        before = LogEntry.objects.count()
        alpha.save()
        assert LogEntry.objects.count() == before

    def test_not_what_the_verbs_keep(self, alpha: Client) -> None:
        before = LogEntry.objects.count()
        alpha.last_active_at = alpha.created_at
        alpha.save()
        assert LogEntry.objects.count() == before

    def test_a_domains_changes_belong_to_its_client(self, alpha: Client) -> None:
        domain = Domain.objects.create(tenant=alpha, domain="a.example", is_primary=False)
        key = str(domain.pk)
        domain.delete()
        removed, added = LogEntry.objects.about(alpha)[:2]
        assert (added.action, added.object_pk) == (Action.CREATE, key)
        assert (removed.action, removed.object_repr) == (Action.DELETE, "a.example")

    def test_a_plans_changes_are_its_own(self, db: None) -> None:
        plan = Plan.objects.create(code="solo", name="Solo")
        plan.is_retired = True
        plan.save()
        assert newest(plan).changes == {"is_retired": [False, True]}

    def test_a_save_that_is_undone_leaves_no_entry(self, alpha: Client) -> None:
        before = LogEntry.objects.count()

        class Undone(Exception):
            pass

        with pytest.raises(Undone), transaction.atomic():
            alpha.name = "Never"
            alpha.save()
            record_event(alpha, "suspended")
            raise Undone
        assert LogEntry.objects.count() == before


#: Whatever an event may tell of.
DETAILS = {
    "email": "ada@x.example",
    "removal_on": "2030-01-31",
    "what": "tasks",
    "file": "tasks.csv",
    "new": "12",
    "changed": "3",
}


class TestEvents:
    def test_a_change_with_a_name_is_one_entry(self, alpha: Client) -> None:
        before = LogEntry.objects.count()
        alpha.name = "New"
        save_as(alpha, "renamed", update_fields=["name"], reason="They asked")
        assert LogEntry.objects.count() == before + 1
        entry = newest(alpha)
        assert (entry.event, entry.changes) == ("renamed", {"name": ["Alpha", "New"]})
        assert entry.additional_data == {"reason": "They asked"}

    def test_is_written_where_no_field_was_changed(self, alpha: Client) -> None:
        save_as(alpha, "renamed", update_fields=["name"])
        assert (newest(alpha).event, newest(alpha).changes) == ("renamed", None)

    def test_other_objects_saved_meanwhile_are_no_part_of_it(
        self, alpha: Client, beta: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save = Client.save

        def also_beta(self: Client, *args: Any, **kwargs: Any) -> None:
            if self.schema_name == "alpha":
                beta.name = "Beta Ltd"
                beta.save()
            save(self, *args, **kwargs)

        monkeypatch.setattr(Client, "save", also_beta)
        alpha.name = "New"
        save_as(alpha, "renamed", update_fields=["name"])
        assert (newest(alpha).event, newest(beta).event) == ("renamed", "")

    @pytest.mark.parametrize(
        ("event", "details", "words"),
        [
            ("suspended", {"reason": ""}, "Suspended"),
            ("suspended", {"reason": "100 % late"}, "Suspended \N{EN DASH} 100 % late"),
            ("removal_date_changed", {}, "The data is now to be kept until \N{EN DASH}"),
            ("no_longer_known", {"x": 1}, "no longer known"),
            ("sign_in_link_shown", {"email": "2026-99-99"}, "Sign-in link of 2026-99-99 shown"),
        ],
    )
    def test_in_words(self, alpha: Client, event: str, details: dict[str, Any], words: str) -> None:
        entry = record_event(alpha, "suspended", **details)
        entry.event = event  # A code may have been written by a version that knew it.
        (told,) = tell([entry])
        assert told.text == words

    def test_what_nobody_has_put_into_words_is_not_written(self, alpha: Client) -> None:
        before = LogEntry.objects.count()
        with pytest.raises(ValueError, match="made_up"):
            record_event(alpha, "made_up")
        alpha.name = "New"
        with pytest.raises(ValueError, match="made_up"):
            save_as(alpha, "made_up", update_fields=["name"])
        assert LogEntry.objects.count() == before
        assert Client.objects.get(pk=alpha.pk).name == "Alpha"

    def test_every_code_has_a_name_and_a_sentence(self) -> None:
        assert set(EVENTS) == set(ClientEvent)
        for event in ClientEvent:
            assert name_of(event) != event.replace("_", " ")
            told = sentence(event, DETAILS)
            assert "%" not in told
            assert "\N{EN DASH}" not in told  # A detail that the sentence asks for in vain.


class TestInBulk:
    def test_rows_before_and_after(
        self, alpha: Client, beta: Client, operator: User, django_assert_num_queries: Any
    ) -> None:
        before = Client.objects.get(pk=alpha.pk)
        alpha.name = "Alpha Ltd"
        added = Plan.objects.bulk_create([Plan(code="solo", name="Solo")])[0]
        for obj in (added, alpha):
            record_event(obj, "warm")  # The content types are known from here on.
        with acting_as(operator), django_assert_num_queries(2):  # Keys, and rows.
            entries = record_many([(before, alpha), (None, added), (beta, beta), (None, None)])
        changed, created = entries
        assert changed.changes == {"name": ("Alpha", "Alpha Ltd")}
        assert (created.action, created.actor_email) == (Action.CREATE, operator.email)
        assert changed.actor == operator

    def test_only_the_fields_that_are_named(self, alpha: Client) -> None:
        before = Client.objects.get(pk=alpha.pk)
        alpha.name, alpha.status = "Alpha Ltd", ClientStatus.SUSPENDED
        (entry,) = record_many([(before, alpha)], fields=["status"])
        assert set(entry.changes) == {"status"}
