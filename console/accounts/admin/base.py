"""What the pages of users and of groups share."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import connection
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.accounts import rights
from console.accounts.admins import hold_people
from console.accounts.forms import RightsForm
from console.locking import HoldsRow
from console.modeladmin import ModelAdmin


class RightsAdmin(HoldsRow, ModelAdmin):
    """A ModelAdmin whose form gives rights: those of its own site, within the user's own."""

    rights_field: ClassVar[str]
    #: What stands in the place of a field for somebody who may only look.
    in_words: ClassVar[dict[str, str]] = {}

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("accounts/accounts.css",)}

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """As ``HoldsRow``; the people first, for a form may have to lock the admins as well."""
        if request.method == "POST" and connection.in_atomic_block:
            hold_people()
        return super().get_object(request, object_id, from_field)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if not issubclass(form, RightsForm):
            return form
        limits = {"acting_user": request.user, "offered": rights.of_site(self.admin_site)}
        return type(form.__name__, (form,), limits)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """For somebody who may only look, rights in words in place of Django's long names."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return swapped(fieldsets, {self.rights_field: "rights_in_words", **self.in_words})

    @display(description=_("rights"))
    def rights_in_words(self, obj: Any) -> str | SafeString:
        given = getattr(obj, self.rights_field).select_related("content_type")
        return format_html_join(
            "",
            "<div>{}: {}</div>",
            (
                (model, ", ".join(label for _pk, label in row))
                for model, row in rights.in_rows(given)
            ),
        ) or _t("None")


def swapped(fieldsets: Any, others: dict[str, str]) -> Any:
    """The fieldsets with other fields in the places of some."""
    return [
        (title, {**options, "fields": [others.get(name, name) for name in options["fields"]]})
        for title, options in fieldsets
    ]
