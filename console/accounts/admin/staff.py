"""The staff, and the groups of the staff: roles first, finer rights folded away."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import (
    Count,
    IntegerField,
    Min,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from console.accounts import rights
from console.accounts.admin.groups import GroupAdmin
from console.accounts.admin.users import UserAdmin
from console.accounts.models import User
from console.accounts.roles import SUMMARIES, StaffRole, is_kept, name_of
from console.accounts.staff_forms import NewStaffForm, StaffForm
from console.sites import public_site

#: Stands for superusers among the roles: they need none.
SUPERUSER = "superuser"
NO_ROLE = "none"


class RoleFilter(DropdownFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        roles = [(role.name.lower(), role.label) for role in reversed(StaffRole)]
        return [(SUPERUSER, _("Superuser")), *roles, (NO_ROLE, _("No role"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        wanted = self.value()
        if wanted == SUPERUSER:
            return queryset.filter(is_superuser=True)
        if wanted == NO_ROLE:
            return queryset.filter(is_superuser=False, role_id=0)
        for role in StaffRole:
            if wanted == role.name.lower():
                return queryset.filter(is_superuser=False, role_id=role)
        return queryset


class OwnGroupsFilter(RelatedDropdownFilter):
    """Groups that are not roles."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return field.get_choices(
            include_blank=False, ordering=("name",), limit_choices_to={"pk__gt": 0}
        )


@admin.register(User, site=public_site)
class StaffUserAdmin(UserAdmin):
    """Staff are deactivated, never deleted: operations name them."""

    form = StaffForm
    add_form = NewStaffForm
    unused_rights = ("delete",)
    in_words: ClassVar[dict[str, str]] = {
        **UserAdmin.in_words,
        "role": "role_in_words",
        "groups": "groups_in_words",
    }
    list_display = ("person", "role_label", "group_count", "is_active", "last_login")
    list_filter = (
        RoleFilter,
        ("is_active", BooleanRadioFilter),
        ("groups", OwnGroupsFilter),
    )
    fieldsets = (
        (None, {"fields": ("email", "name", "password_state")}),
        (_("Role"), {"fields": ("role", "is_superuser")}),
        (_("Access"), {"fields": ("is_active", "is_staff")}),
        (
            _("Finer rights, beside the role"),
            {"fields": ("groups", "user_permissions"), "classes": ("collapse",)},
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "role")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        # One join for both; the lowest id is that of the role with the most rights.
        kept = Q(groups__in=StaffRole.values)
        return (
            super(UserAdmin, self)
            .get_queryset(request)
            .annotate(
                role_id=Coalesce(
                    Min("groups__pk", filter=kept), Value(0), output_field=IntegerField()
                ),
                group_total=Count("groups", filter=~kept),
                is_oneself=Q(pk=request.user.pk),
            )
        )

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"acting_user": request.user})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to the link with which the new colleague sets a password."""
        if "_addanother" in request.POST or not self.has_change_permission(request, obj):
            return super().response_add(request, obj, post_url_continue)
        messages.success(
            request, _t("%(user)s was added, and needs a password to sign in.") % {"user": obj}
        )
        return HttpResponseRedirect(reverse("admin:accounts_user_sign_in_link", args=[obj.pk]))

    @display(
        description=_("role"),
        ordering="role_id",
        label={
            SUPERUSER: "primary",
            StaffRole.MANAGER: "info",
            StaffRole.OPERATOR: "success",
            StaffRole.VIEWER: "default",
        },
    )
    def role_label(self, user: Any) -> Any:
        if user.is_superuser:
            return SUPERUSER, _t("Superuser")
        return (user.role_id, StaffRole(user.role_id).label) if user.role_id else None

    @display(description=_("role"))
    def role_in_words(self, user: Any) -> str:
        if not user.role_id:
            return _t("No role")
        role = StaffRole(user.role_id)
        return f"{role.label}: {SUMMARIES[role]}"

    @display(description=_("groups"))
    def groups_in_words(self, user: User) -> str:
        names = [group.name for group in user.groups.order_by("name") if not is_kept(group)]
        return ", ".join(names) or _t("None")


@admin.register(Group, site=public_site)
class StaffGroupAdmin(GroupAdmin):
    """The groups of the roles are looked at here, and kept by ``update_platform`` alone."""

    list_display = ("shown_name", "kept", "member_count", "right_count")

    @display(description=_("name"), ordering="name")
    def shown_name(self, group: Group) -> str:
        return name_of(group)

    @display(description=_("kept by the console"), boolean=True)
    def kept(self, group: Group) -> bool:
        return is_kept(group)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return not is_kept(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return not is_kept(obj) and super().has_delete_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Group | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not is_kept(obj):
            return fieldsets
        [(title, options)] = fieldsets
        return [(title, {**options, "description": self._why_kept(request, obj)})]

    def _why_kept(self, request: HttpRequest, group: Group) -> str | SafeString:
        text = _t(
            "This role is kept by the console: it gets its rights back with every start, so it "
            "cannot be changed here."
        )
        if not self.has_add_permission(request):
            return text
        url = f"{reverse('admin:auth_group_add')}?like={group.pk}"
        copy = _t("Make a group of your own with the same rights")
        return format_html('{} <a class="console-link" href="{}">{}</a>', text, url, copy)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """``?like=`` starts with the rights of another group."""
        like = request.GET.get("like", "")
        if like not in map(str, StaffRole.values):
            return super().get_changeform_initial_data(request)
        wanted = Group.objects.filter(pk=like).values_list("permissions", flat=True)
        grantable = rights.grantable(request.user, rights.of_site(self.admin_site))
        return {"permissions": [pk for pk in wanted if pk in grantable]}
