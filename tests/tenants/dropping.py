"""What the tests of dropped schemas share: files of two tenants, and a drop from start to end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenants.models import Client, Operation
from tenants.operations.drop import request_drop
from tenants.operations.run import run_operation


def make_folders(settings: Any, tmp_path: Path) -> Path:
    """Files of alpha and of beta, in each storage that keeps them apart."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    for schema in ("alpha", "beta"):
        with schema_context(schema):
            storages["default"].save("a/file.txt", ContentFile(b"of a task"))
            storages["imports"].save("0" * 32, ContentFile(b"an import"))
    return tmp_path


def dropped(client: Client, user: User | None = None) -> Operation:
    operation = request_drop(client, typed_name=client.schema_name, acting_user=user)
    run_operation(operation.pk)
    operation.refresh_from_db()
    client.refresh_from_db()
    return operation


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
