"""Every file of an export writes times in one way: where the company is, with what that means."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.company.archive import Archive
from tenant_data.models import Comment, Project, Task
from tenants.models import Client
from tests.console.test_company_export import table


@pytest.mark.parametrize(
    ("zone", "text"),
    [("Asia/Kolkata", "2026-11-23T02:00:00+05:30"), ("UTC", "2026-11-22T20:30:00+00:00")],
)
def test_times_are_those_of_the_companys_zone(
    alpha: Client, owner: User, tmp_path: Path, settings: Any, zone: str, text: str
) -> None:
    settings.MEDIA_ROOT = tmp_path
    alpha.time_zone = zone
    then = datetime(2026, 11, 22, 20, 30, 0, 123, tzinfo=UTC)
    with schema_context("alpha"), timezone.override(zone):
        task = Task.objects.create(project=Project.objects.create(key="WEB"), title="One")
        Comment.objects.create(task=task, author=owner, text="Hm.")
        Comment.objects.update(created_at=then)
        User.objects.update(date_joined=then, last_login=then)
        with (tmp_path / "all.zip").open("w+b") as content:
            Archive(content).write(client=alpha, user=owner)
    with ZipFile(tmp_path / "all.zip") as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert table(found["comments.csv"])[0]["written"] == text
    person = table(found["people.csv"])[0]
    assert (person["date_joined"], person["last_login"]) == (text, text)
    assert f"the time zone {zone}, as 2026-" in found["README.txt"].decode("utf-8-sig")
