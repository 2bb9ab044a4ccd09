"""The base of every ModelAdmin of the console."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteMixin
from django.contrib.admin.widgets import AutocompleteSelect as DjangoAutocompleteSelect
from django.contrib.admin.widgets import (
    AutocompleteSelectMultiple as DjangoAutocompleteSelectMultiple,
)
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.forms import DateField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import checkbox as unfold_checkbox

from console import days, limits
from console.changelist import ChangeList
from console.form_errors import error_links
from console.history.tracked import Tracked
from console.readonly import drawn_for

#: How many of the objects that go with a deletion are named on the page that asks.
NAMED_IN_CONFIRMATION = 50


class KeysOnly:
    """For Django's boxes that offer choices, in a form that comes back with what no key can be."""

    def optgroups(self: Any, name: str, value: list[str], attr: Any = None) -> list[Any]:
        """The chosen options; Django would ask the database for any text, and fail."""
        return super().optgroups(name, [key for key in value if self._is_key(key)], attr)

    def _is_key(self: Any, key: str) -> bool:
        return is_key(self.field.remote_field.model, key)


class AutocompleteSelect(KeysOnly, DjangoAutocompleteSelect):
    """One choice."""


class AutocompleteSelectMultiple(KeysOnly, DjangoAutocompleteSelectMultiple):
    """Several."""


def is_key(model: type[Model], text: str) -> bool:
    """Whether a row of the model can have this key."""
    try:
        model._meta.pk.to_python(text)
    except ValidationError:
        return False
    return "\x00" not in text


class ModelAdmin(Tracked, UnfoldModelAdmin):
    """Unfold's, with the console's defaults."""

    empty_value_display = "\N{EN DASH}"
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 200
    # Filters are set first and applied together: one query, not one per click.
    list_filter_submit = True
    # The list says how many rows match. Counting the whole table as well doubles the cost.
    show_full_result_count = False
    warn_unsaved_form = True
    #: What the sidebar calls the list, where that is not the plural of the model's name.
    menu_title: Any = ""

    class Media:
        js = ("console/form_errors.js",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ChangeList

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """At a limit of the plan the page says so before anybody fills it in."""
        is_asked_for = request.method == "GET" and self.has_add_permission(request)
        if is_asked_for and (why := self._why_no_more()):
            messages.warning(request, why)
        return super().add_view(request, form_url, extra_context)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """At a limit of the plan, what the button says that leads to the page above."""
        why = self._why_no_more() if self.has_add_permission(request) else ""
        return super().changelist_view(request, {**(extra_context or {}), "why_no_more": why})

    def _why_no_more(self) -> str:
        kind = getattr(self.model, "counted_as", "")
        return limits.hindrance(kind) if kind else ""

    def action_checkbox(self, obj: Model) -> SafeString:
        """The box that selects a row, under the row's name. A list has many: no template."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="{}" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            unfold_checkbox.attrs["class"],
            _("Select %(name)s") % {"name": obj},
        )

    action_checkbox.short_description = UnfoldModelAdmin.action_checkbox.short_description

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, DateField):
            field.error_messages["invalid"] = days.how_to_write()
        return field

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = AutocompleteSelect(
                db_field, self.admin_site, using=kwargs.get("using")
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = AutocompleteSelectMultiple(
                db_field, self.admin_site, using=kwargs.get("using")
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Django's; what no key can be is no selection."""
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if all(is_key(self.model, key) for key in selected):
            return super().response_action(request, queryset)
        messages.warning(request, _("Nothing was done: select the rows again."))
        return HttpResponseRedirect(request.get_full_path())

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, options: Any, object_id: str
    ) -> HttpResponse:
        """To the list. Django's leads home, and names the row by its number in the database."""
        text = _("There is no such %(name)s here. Perhaps it was deleted.")
        if request.method == "POST":
            text = _("This %(name)s was deleted meanwhile, so nothing was saved.")
        messages.warning(request, text % {"name": options.verbose_name})
        place = "index"
        if self.has_view_or_change_permission(request):
            place = f"{options.app_label}_{options.model_name}_changelist"
        return HttpResponseRedirect(reverse(f"admin:{place}"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context.get("errors"):
            form = context["adminform"].form
            context["error_links"] = error_links(form, context["inline_admin_formsets"])
        form = context["adminform"].form
        drawn_for(form, request)
        context["needs_scripts"] = any(map(_is_filled_by_script, form.fields.values()))
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """As Django's, but naming a bounded number: the counts say how many there are."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return _shortened(deleted), counts, lacking, _shortened(protected)


def _is_filled_by_script(field: Any) -> bool:
    """Whether the field offers nothing to choose until a script has asked for it."""
    return isinstance(getattr(field.widget, "widget", field.widget), AutocompleteMixin)


def _shortened(named: list[Any]) -> list[Any]:
    rest = len(named) - NAMED_IN_CONFIRMATION
    if rest <= 0:
        return named
    more = ngettext("and %(n)d more", "and %(n)d more", rest) % {"n": rest}
    return [*named[:NAMED_IN_CONFIRMATION], more]
