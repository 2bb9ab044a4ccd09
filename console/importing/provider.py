"""Whoever runs the console, as somebody who imports for a company and is no user of its schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django_tenants.utils import get_public_schema_name

from console.accounts.models import User
from console.importing.models import Import
from console.postgres.contexts import platform_context
from tenants.operations.authorise import IMPORT_DATA
from tenants.operations.data import note_import


@dataclass(frozen=True, slots=True)
class Provider:
    """One of the staff, by address. In the company's schema nobody has that key, so it says
    nothing about rights there: those were asked for in ``public``."""

    email: str
    pk: None = None
    is_provider: bool = True

    def has_perm(self, right: str) -> bool:
        """Nobody of the staff has a right in the schema."""
        return False


def leave_of(who: Any) -> Any:
    """The user whose rights and name count in the schema; ``None`` for a provider, who needs no
    leave there."""
    return None if isinstance(who, Provider) else who


def provider_still(import_: Import) -> Provider | None:
    """Who of the staff brought the file, if they still may."""
    with platform_context():
        user = User.objects.filter(email=import_.requested_by_email, is_active=True).first()
        may = user is not None and user.is_staff and user.has_perm(IMPORT_DATA)
    return Provider(import_.requested_by_email) if may else None


def tell_staff(import_: Import) -> None:
    """Write an import for a company into the staff's history of it, in the same transaction."""
    schema = connection.schema_name
    if not import_.by_provider or schema == get_public_schema_name():
        return
    with platform_context():
        note_import(
            schema,
            email=import_.requested_by_email,
            what=f"{import_.model.rpartition('.')[2]}s",
            file=import_.file_name,
            new=import_.new,
            changed=import_.changed,
        )
