"""Groups: rights that are given together. Those of the roles are looked at, and not changed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.accounts import rights
from console.accounts.admin.base import RightsAdmin
from console.accounts.forms import GroupForm
from console.accounts.roles import Role, is_kept, name_of


class GroupAdmin(RightsAdmin):
    #: The roles of the side, and what is said of their groups.
    roles: ClassVar[type[Role]]
    why_kept: ClassVar[Any]

    form = GroupForm
    rights_field = "permissions"
    list_display = ("shown_name", "kept", "member_count", "right_count")
    search_fields = ("name",)
    ordering = ("name",)
    fieldsets = ((None, {"fields": ("name", "permissions")}),)
    # One by one: each is asked whether its rights may be taken from its members.
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                member_total=Count("user", distinct=True),
                right_total=Count("permissions", distinct=True),
            )
        )

    @display(description=_("name"), ordering="name")
    def shown_name(self, group: Group) -> str:
        return name_of(group, self.roles)

    @display(description=_("ready-made"), boolean=True)
    def kept(self, group: Group) -> bool:
        return is_kept(group, self.roles)

    @display(description=_("members"), ordering="member_total")
    def member_count(self, group: Any) -> int:
        return group.member_total

    @display(description=_("rights"), ordering="right_total")
    def right_count(self, group: Any) -> int:
        return group.right_total

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return not is_kept(obj, self.roles) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        if is_kept(obj, self.roles) or not super().has_delete_permission(request, obj):
            return False
        return obj is None or obj.pk in rights.grantable_groups(request.user)

    def get_fieldsets(self, request: HttpRequest, obj: Group | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not is_kept(obj, self.roles):
            return fieldsets
        [(title, options)] = fieldsets
        return [(title, {**options, "description": self._described(request, obj)})]

    def _described(self, request: HttpRequest, group: Group) -> str | SafeString:
        text = f"{self.roles(group.pk).summary} {self.why_kept}"
        if not self.has_add_permission(request):
            return text
        url = f"{reverse('admin:auth_group_add')}?like={group.pk}"
        copy = _t("Make a group of your own with the same rights")
        return format_html('{} <a class="console-link" href="{}">{}</a>', text, url, copy)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """``?like=`` starts with the rights of another group."""
        like = request.GET.get("like", "")
        if like not in map(str, self.roles.values):
            return super().get_changeform_initial_data(request)
        wanted = Group.objects.filter(pk=like).values_list("permissions", flat=True)
        grantable = rights.grantable(request.user, rights.of_site(self.admin_site))
        return {"permissions": [pk for pk in wanted if pk in grantable]}
