"""Whose eyes an entry is for: those of people who may see the history and what it is about."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.auth import get_permission_codename
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from console.history.models import LogEntry

VIEW = "history.view_logentry"


def may_read(request: HttpRequest) -> bool:
    return request.user.has_perm(VIEW)


def visible_models(request: HttpRequest, site: AdminSite) -> list[type[models.Model]]:
    """The models of the site whose objects this user may see, all of them, on pages of their own or
    on those of what they are parts of."""
    found = [
        model
        for model, model_admin in site._registry.items()
        if model is not LogEntry and _sees_all(request, model_admin)
    ]
    for model in map(apps.get_model, getattr(site, "shown_elsewhere", ())):
        options = model._meta
        right = f"{options.app_label}.{get_permission_codename('view', options)}"
        if model not in {LogEntry, *site._registry} and request.user.has_perm(right):
            found.append(model)
    return found


def _sees_all(request: HttpRequest, model_admin: Any) -> bool:
    """A ModelAdmin that shows some people their own objects alone says so in ``sees_all``: entries
    do not know whose object they are about."""
    sees_all = getattr(model_admin, "sees_all", model_admin.has_view_permission)
    return bool(sees_all(request))


def visible_entries(request: HttpRequest, site: AdminSite) -> QuerySet[LogEntry]:
    """The entries that this user may read, with their ``content_type``, the newest first."""
    if not may_read(request):
        return LogEntry.objects.none()
    kinds = ContentType.objects.get_for_models(
        *visible_models(request, site), for_concrete_models=False
    )
    entries = LogEntry.objects.filter(content_type__in=list(kinds.values()))
    return entries.select_related("content_type")
