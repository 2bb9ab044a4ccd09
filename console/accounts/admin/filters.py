"""The filters of the lists of users."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter, RelatedDropdownFilter

from console.accounts.models import User

#: Stands for superusers among the roles: they need none.
SUPERUSER = "superuser"
NO_ROLE = "none"


class RoleFilter(DropdownFilter):
    """By the roles of the ModelAdmin's side."""

    title = _("role")
    parameter_name = "role"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.roles = model_admin.roles
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        roles = [(role.name.lower(), role.label) for role in reversed(self.roles)]
        return [(SUPERUSER, _("Superuser")), *roles, (NO_ROLE, _("No role"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        wanted = self.value()
        if wanted == SUPERUSER:
            return queryset.filter(is_superuser=True)
        if wanted == NO_ROLE:
            return queryset.filter(is_superuser=False, role_id=0)
        for role in self.roles:
            if wanted == role.name.lower():
                return queryset.filter(is_superuser=False, role_id=role)
        return queryset


class OwnGroupsFilter(RelatedDropdownFilter):
    """Groups that are not roles."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return field.get_choices(
            include_blank=False, ordering=("name",), limit_choices_to={"pk__gt": 0}
        )


class State:
    """Whether somebody comes and goes here, as the list says it."""

    ACTIVE = "active"
    INVITED = "invited"
    DEACTIVATED = "deactivated"

    LABELS = (
        (ACTIVE, _("Active")),
        (INVITED, _("Invited")),
        (DEACTIVATED, _("Deactivated")),
    )
    SENTENCES = (
        (ACTIVE, _("Active.")),
        (INVITED, _("Invited, has not signed in yet.")),
        (DEACTIVATED, _("Deactivated: cannot sign in.")),
    )
    QUESTIONS = (
        (ACTIVE, Q(is_active=True, last_login__isnull=False)),
        (INVITED, Q(is_active=True, last_login=None)),
        (DEACTIVATED, Q(is_active=False)),
    )

    @classmethod
    def of(cls, user: User) -> str:
        if not user.is_active:
            return cls.DEACTIVATED
        return cls.ACTIVE if user.last_login else cls.INVITED


class StateFilter(RadioFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(State.LABELS)

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        question = dict(State.QUESTIONS).get(str(self.value() or ""))
        return queryset if question is None else queryset.filter(question)
