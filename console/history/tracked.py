"""One history, not two: pages of what the history tracks lead to it and write no other."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from auditlog.registry import auditlog
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from console.history.access import may_read
from console.history.models import subject_of


class Tracked:
    """For a ModelAdmin. Where its model is not tracked, everything is as Django has it.

    Django's own log knows nothing of what verbs, imports and workers change, and nothing of what
    a value was before; of what is tracked it would be a second, poorer history.
    """

    @property
    def is_tracked(self: Any) -> bool:
        return auditlog.contains(self.model)

    def log_addition(self: Any, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if self.is_tracked else super().log_addition(request, obj, message)

    def log_change(self: Any, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if self.is_tracked else super().log_change(request, obj, message)

    def log_deletions(self: Any, request: HttpRequest, queryset: Any) -> Any:
        return None if self.is_tracked else super().log_deletions(request, queryset)

    def history_view(
        self: Any, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        if not self.is_tracked:
            return super().history_view(request, object_id, extra_context)
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not may_read(request) or not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        own = f"{obj._meta.label_lower}:{obj.pk}"
        if subject_of(obj) == own:
            only = {"subject": own}
        else:
            only = {"kind": obj._meta.label_lower, "object_pk": str(obj.pk)}
        log = reverse(f"{self.admin_site.name}:history_logentry_changelist")
        return HttpResponseRedirect(f"{log}?{urlencode(only)}")

    def changeform_view(
        self: Any,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = dict(extra_context or {})
        if self.is_tracked and not may_read(request):
            context["show_history"] = False
        return super().changeform_view(request, object_id, form_url, context)
