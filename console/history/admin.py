"""The log: who changed what, when, from what, to what. It is only read."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.changelist import ChangeList
from console.filters import DaysFilter
from console.history import words
from console.history.access import may_read, visible_entries
from console.history.filters import ActionFilter, KindFilter, WhoFilter
from console.history.models import LogEntry, subject_key
from console.history.together import wholes_of
from console.modeladmin import ModelAdmin
from console.paginator import BoundedPaginator
from console.sites import public_site, tenant_site

#: How much of what happened the list has; the entry's own page has all of it.
SHORT = 200


class LogList(ChangeList):
    """The page of the list, with its entries in words: worked out for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        links = links_to(self.result_list, request, self.model_admin.admin_site)
        wholes = wholes_of(self.result_list, request, self.model_admin.admin_site)
        for told in words.tell(self.result_list):
            told.entry.told = told
            told.entry.whole = wholes.get(told.entry.cid or "", ("", ""))
            told.entry.link = links.get(told.entry.pk, "")


@admin.register(LogEntry, site=public_site)
@admin.register(LogEntry, site=tenant_site)
class LogEntryAdmin(ModelAdmin):
    """Entries about things that a user may not see are not there for that user."""

    menu_title = _("History")
    actions = None
    paginator = BoundedPaginator
    # Each count beside a filter's choice would be one more walk through the log.
    show_facets = admin.ShowFacets.NEVER
    list_display = ("when", "who", "about", "what")
    list_display_links = ("when",)
    list_filter = (KindFilter, ActionFilter, WhoFilter, ("timestamp", DaysFilter))
    list_before_template = "history/only.html"
    search_fields = ("object_repr", "actor_email", "changes", "additional_data")
    search_help_text = _("Name, who did it, or a value")

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {
            "all": ("tenants/pages.css", "tenants/client.css")
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        return visible_entries(request, self.admin_site)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LogList

    @display(description=_("when"), ordering="timestamp")
    def when(self, entry: LogEntry) -> str:
        return words.in_words(entry.timestamp)

    @display(description=_("who"), ordering="actor_email")
    def who(self, entry: LogEntry) -> str | SafeString:
        if not entry.whole[0]:
            return str(entry.told.who)
        return format_html("<span>{}, {}</span>", entry.told.who, part_of(*entry.whole))

    @display(description=_("about"), ordering="object_repr")
    def about(self, entry: LogEntry) -> SafeString:
        return about(entry, entry.link)

    @display(description=_("what"))
    def what(self, entry: LogEntry) -> str:
        told = entry.told
        changes = [str(change) for change in told.said_by_changes]
        return Truncator("; ".join([text for text in (told.beside_name, *changes) if text])).chars(
            SHORT
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["only"] = _only(context["cl"])
        return response

    # --- One entry --------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST" or object_id is None or not may_read(request):
            raise PermissionDenied
        entry = self.get_object(request, unquote(object_id))
        if entry is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        (told,) = words.tell([entry])
        link = links_to([entry], request, self.admin_site).get(entry.pk, "")
        whole = wholes_of([entry], request, self.admin_site).get(entry.cid or "")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": entry,
            "title": _("History entry"),
            "told": told,
            "when": words.in_words(entry.timestamp),
            "about": about(entry, link),
            "whole": part_of(*whole) if whole else "",
            "is_creation": entry.action == LogEntry.Action.CREATE,
            "is_deletion": entry.action == LogEntry.Action.DELETE,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "history/entry.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404  # An entry has no history: nobody changes it.

    # --- Who may ----------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_read(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_read(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _only(cl: ChangeList) -> str:
    """What the list is about where a link led here that asked for one object's history."""
    if not {"subject", "object_pk"} & set(cl.params):
        return ""
    entries = cl.result_list
    whole = next((entry for entry in entries if words.is_about_itself(entry)), None)
    if whole is None and (about_it := subject_key(cl.params.get("subject", [""])[-1])):
        label, key = about_it
        kinds = {"content_type__app_label": label[0], "content_type__model": label[1]}
        whole = cl.root_queryset.filter(object_pk=key, **kinds).first()
    named = whole or next(iter(entries), None)
    return named.object_repr if named else _("one object")


def part_of(text: str, url: str) -> str | SafeString:
    """What an entry is a part of, with the way there if the reader may go it."""
    return format_html('<a class="console-link" href="{}">{}</a>', url, text) if url else text


def about(entry: LogEntry, link: str) -> SafeString:
    kind = capfirst(words.kind_of(entry))
    if kind == entry.object_repr:
        kind = ""  # There is one alone, called what it is.
    if not link:
        return format_html("{} {}", kind, entry.object_repr)
    # One box: on a phone, what stands in a cell is set side by side.
    return format_html(
        '<span>{} <a class="console-link" href="{}">{}</a></span>', kind, link, entry.object_repr
    )


def links_to(
    entries: list[LogEntry], request: HttpRequest, site: admin.AdminSite
) -> dict[int, str]:
    """The page of the object that each entry is about, or else that of what it is a part of;
    nothing where there is none. One query for each model."""
    by_model: dict[type[models.Model], list[tuple[LogEntry, int]]] = defaultdict(list)
    for entry in entries:
        model = entry.content_type.model_class()
        key = entry.object_id
        if model not in site._registry and (whole := subject_key(entry.subject)):
            (app_label, name), key = whole
            model = apps.all_models[app_label].get(name)
        if model in site._registry and key is not None:
            by_model[model].append((entry, key))
    links = {}
    for model, about_it in by_model.items():
        keys = {key for _entry, key in about_it}
        # Not every row has a page: the client that stands for the console has none.
        shown = site._registry[model].get_queryset(request)
        there = set(shown.filter(pk__in=keys).values_list("pk", flat=True))
        name = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_change"
        for entry, key in about_it:
            if key in there:
                try:
                    links[entry.pk] = reverse(name, args=[key])
                except NoReverseMatch:
                    break
    return links
