"""What the tests of a company's people share: people, their pages, and forms of them."""

from __future__ import annotations

from typing import Any

from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import TenantRole
from console.history.models import LogEntry
from console.history.words import NOTHING, tell


def text_of(response: Any) -> str:
    return response.content.decode()


def person(email: str, role: TenantRole | None = None, schema: str = "alpha") -> User:
    """Somebody with a role and a password, in a tenant."""
    with schema_context(schema):
        user = User.objects.create_user(email, "person-pw", is_staff=True)
        if role is not None:
            user.groups.set([role.value])
    return user


def page_of(user: User, page: str = "change/") -> str:
    return f"/accounts/user/{user.pk}/{page}"


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    return {"email": user.email, "name": user.name, **changes}


def roles_of(user: User, schema: str = "alpha") -> list[int]:
    """The groups that the user is in, the roles among them first."""
    with schema_context(schema):
        return sorted(user.groups.values_list("pk", flat=True))


def fresh(user: User, schema: str = "alpha") -> User:
    with schema_context(schema):
        return User.objects.get(pk=user.pk)


def told_of(obj: Any, schema: str = "alpha") -> list[str]:
    """The history of a user or a group in words, the first entry first."""
    with schema_context(schema):
        entries = LogEntry.objects.about(obj).order_by("pk").select_related("content_type")
        lines = [
            "; ".join(filter(None, [told.text, *map(str, told.said_by_changes)]))
            for told in tell(entries)
        ]
    return [line.replace(NOTHING, "nothing") for line in lines]
