"""What the tests of comments, time and files share: a task, people who may do this and that, and
files as browsers send them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Permission
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Project, Task
from tenants.models import Client, Feature, Plan

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 30
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"x" * 20
HTML = b"<!doctype html><script>alert(1)</script>"


def a_task(title: str = "Draw the page", **fields: Any) -> Task:
    """A task of alpha's project WEB; WEB-1 is the first."""
    with schema_context("alpha"):
        project, _created = Project.objects.get_or_create(key="WEB", name="Website")
        return Task.objects.create(project=project, title=title, **fields)


def someone(name: str, *rights: str, schema: str = "alpha") -> User:
    """Somebody who may use the admin, with these rights and no others."""
    with schema_context(schema):
        email = f"{name.lower()}@{schema}.example"
        user = User.objects.create_user(email, "pw", name=name, is_staff=True)
        found = Permission.objects.filter(codename__in=rights)
        assert len(found) == len(rights), "a right that there is not"
        user.user_permissions.set(found)
    return user


def give_plan(client: Client, *features: Feature, **limits: Any) -> Plan:
    """A plan of the client's own, with these features."""
    plan = Plan.objects.create(code="own", name="Own", features=[*features], **limits)
    Client.objects.filter(pk=client.pk).update(plan=plan)
    return plan


def upload(name: str, content: bytes = PDF) -> SimpleUploadedFile:
    # What the sender calls the type is never believed.
    return SimpleUploadedFile(name, content, content_type="text/html")


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


def stored(schema: str = "alpha") -> list[str]:
    """The names of the files that are in the storage of a company."""
    with schema_context(schema):
        folder = Path(storages["default"].location)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def page(task: Task, ending: str = "change") -> str:
    return f"/tenant_data/task/{task.pk}/{ending}/"


def text_of(response: Any) -> str:
    return response.content.decode()
