"""The filters of the lists of users."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet, TextChoices
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


class State(TextChoices):
    """Whether somebody comes and goes here."""

    ACTIVE = "active", _("Active")
    INVITED = "invited", _("Invited")
    DEACTIVATED = "deactivated", _("Deactivated")

    @classmethod
    def of(cls, user: User) -> State:
        if not user.is_active:
            return cls.DEACTIVATED
        return cls.ACTIVE if user.last_login else cls.INVITED


#: Each state as a user's own page says it, and as the database is asked for it.
SENTENCES = {
    State.ACTIVE: _("Active."),
    State.INVITED: _("Invited, has not signed in yet."),
    State.DEACTIVATED: _("Deactivated: cannot sign in."),
}
QUESTIONS = {
    State.ACTIVE: Q(is_active=True, last_login__isnull=False),
    State.INVITED: Q(is_active=True, last_login=None),
    State.DEACTIVATED: Q(is_active=False),
}


class StateFilter(RadioFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        question = QUESTIONS.get(str(self.value() or ""))
        return queryset if question is None else queryset.filter(question)
