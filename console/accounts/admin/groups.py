"""Groups: rights that are given together."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.accounts import rights
from console.accounts.admin.base import RightsAdmin
from console.accounts.forms import GroupForm
from console.sites import tenant_site


@admin.register(Group, site=tenant_site)
class GroupAdmin(RightsAdmin):
    form = GroupForm
    rights_field = "permissions"
    list_display = ("name", "member_count", "right_count")
    search_fields = ("name",)
    ordering = ("name",)
    fieldsets = ((None, {"fields": ("name", "permissions")}),)
    # One by one: each is asked whether its rights may be taken from its members.
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.pk in rights.grantable_groups(request.user)
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                member_total=Count("user", distinct=True),
                right_total=Count("permissions", distinct=True),
            )
        )

    @display(description=_("members"), ordering="member_total")
    def member_count(self, group: Any) -> int:
        return group.member_total

    @display(description=_("rights"), ordering="right_total")
    def right_count(self, group: Any) -> int:
        return group.right_total
