"""When things happened in the demo, counted back from the day on which it is loaded.

A file has fixed dates, and a demo in which all came in one minute would show empty charts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from django.utils import timezone

from console.history.models import LogEntry
from tenants.models import Client
from tenants.operations import lifecycle

#: The day around which the dates of the files lie; see ``fixtures/generate.py``.
WRITTEN_ON = date(2026, 11, 23)
#: For how long the data of the demo's archived client is kept.
KEPT_FOR = timedelta(days=21)


def set_dates(added: Collection[int], rows: Collection[Mapping[str, str]]) -> None:
    """Give the clients that were added (their ids) the dates of the timeline.

    Belongs in the transaction that adds them, so that what is in the history by then is that
    they were added.
    """
    now, today = timezone.now(), timezone.localdate()
    clients = {client.schema_name: client for client in Client.objects.filter(pk__in=added)}
    for row in rows:
        client = clients.get(row["schema_name"])
        if client is None:
            continue
        odd = _odd_time(client)
        created_at = now - timedelta(days=int(row["days_ago"])) - odd
        values: dict[str, object] = {"created_at": created_at}
        if row["trial_ends_in"]:
            values["trial_ends_on"] = today + timedelta(days=int(row["trial_ends_in"]))
        if row["active_days_ago"]:
            values["last_active_at"] = now - timedelta(days=int(row["active_days_ago"])) - odd / 10
        Client.objects.filter(pk=client.pk).update(**values)
        LogEntry.objects.about(client).update(timestamp=created_at)


def _odd_time(client: Client) -> timedelta:
    """Hours as well: nobody believes twenty companies that all signed up at 12:00."""
    return timedelta(minutes=37 * len(client.name) + 11 * len(client.schema_name))


class Past:
    """When a company of the demo signed up, and when the demo was loaded first."""

    def __init__(self, client: Client, row: Mapping[str, str]) -> None:
        self.time_zone: str = client.time_zone
        self.signed_up: datetime = client.created_at
        #: On another day, the dates of its work stay where the first loading put them.
        self.loaded_at = min(
            client.created_at + timedelta(days=int(row["days_ago"])) + _odd_time(client),
            timezone.now(),
        )

    @property
    def days_later(self) -> int:
        """How much later than in the files the dates are; in weeks, for they are working days."""
        return (self.loaded_at.date() - WRITTEN_ON).days // 7 * 7


def with_dates_later(content: bytes, days: int) -> bytes:
    """The CSV file with the cells of its date columns so many days later."""
    reader = csv.DictReader(io.StringIO(content.decode(), newline=""))
    columns = [name for name in reader.fieldnames or () if name.endswith("_on")]
    if not days or not columns:
        return content
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, reader.fieldnames or ())
    writer.writeheader()
    for row in reader:
        for name in columns:
            if row[name]:
                row[name] = (date.fromisoformat(row[name]) + timedelta(days=days)).isoformat()
        writer.writerow(row)
    return text.getvalue().encode()


def needs_schema(row: Mapping[str, str]) -> bool:
    """Whether somebody has used the client's pages, so that there have to be some."""
    return bool(row["active_days_ago"])


def become(client: Client, what: str) -> None:
    """Suspend or archive the client, by the verb."""
    if what == "suspended":
        lifecycle.suspend(client, reason="Two invoices are open", acting_user=None)
    elif what == "archived":
        removal_on = timezone.localdate() + KEPT_FOR
        lifecycle.archive(client, removal_on=removal_on, acting_user=None)
