"""The company's people, as they stand in an export of everything. Without their passwords."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from import_export import fields

from console.accounts.models import User
from console.importing.exported import ExportedResource
from console.importing.measures import Moment


class PeopleResource(ExportedResource):
    """Each user with their groups, of which their role is one."""

    may_sign_in = fields.Field(column_name="may_sign_in")
    groups = fields.Field(column_name="groups")
    date_joined = fields.Field("date_joined", column_name="date_joined", widget=Moment())
    last_login = fields.Field("last_login", column_name="last_login", widget=Moment())

    class Meta:
        model = User
        name = "people"
        fields = export_order = (
            "email",
            "name",
            "may_sign_in",
            "groups",
            "date_joined",
            "last_login",
        )

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.prefetch_related("groups").order_by("email")

    def dehydrate_may_sign_in(self, user: User) -> str:
        return "yes" if user.is_active and user.is_staff else "no"

    def dehydrate_groups(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    def export_field(self, field: Any, instance: Any, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, **kwargs)
        return "" if value is None else value
