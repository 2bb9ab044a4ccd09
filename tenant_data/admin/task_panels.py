"""What hangs on a task, below the form on its page: comments, time and files."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from tenant_data.admin.panels import KINDS, panel_of, panels_of
from tenant_data.admin.task_parts import task_url
from tenant_data.models import Attachment, Comment, Task

#: What goes with a task whose deletion is allowed: nobody has to be asked for it again.
_GO_WITH_IT = (Comment, Attachment)


class TaskPanels:
    """For the ModelAdmin of tasks. Each panel has a form of its own with an address of its own:
    ``<id>/comment/``, ``<id>/time/``, ``<id>/attach/``."""

    change_form_outer_after_template = "tenant_data/task_panels.html"

    @property
    def media(self: Any) -> Media:
        own = Media(css={"all": ("tenant_data/task.css",)}, js=("tenant_data/task.js",))
        return super().media + own

    def get_urls(self: Any) -> list[URLPattern]:
        own = []
        for name in KINDS:
            view = self.admin_site.admin_view(getattr(self, f"add_{name}"))
            own.append(path(f"<path:object_id>/{name}/", view, name=f"tenant_data_task_{name}"))
        return [*own, *super().get_urls()]

    def render_change_form(
        self: Any,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        obj: Task | None = None,
        **kwargs: Any,
    ) -> HttpResponse:
        # A form that was not saved is what its user wants to see, and nothing else.
        if obj is not None and not context["errors"] and not context["is_popup"]:
            panels = panels_of(obj, request)
            context["task_panels"] = panels
            for panel in panels:
                if panel.form is not None:
                    context["media"] += panel.form.media
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_deleted_objects(self: Any, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, lacking - {m._meta.verbose_name for m in _GO_WITH_IT}, protected

    def _add(self: Any, request: HttpRequest, object_id: str, *, name: str) -> HttpResponse:
        """Add something to a task, and come back to the panel. What is refused is shown with the
        panel, as it was typed. A GET, such as that of somebody who had to sign in first, leads to
        the task. What the page did not know yet, that the task is gone or that the plan lost
        this, is said where one can go on."""
        kind = KINDS[name]
        if not (kind.admin.may_add(request) and kind.admin.may_see_tasks(request)):
            raise PermissionDenied
        task = self.get_object(request, unquote(object_id))
        if task is None:
            return _task_is_gone(request)
        if not self.has_view_permission(request, task):
            raise PermissionDenied
        back = HttpResponseRedirect(task_url(task.pk, kind.panel))
        if request.method != "POST":
            return back
        if not kind.admin.is_in_plan():
            messages.error(request, kind.not_in_plan)
            return back
        form = kind.form(request, task, is_sent=True)
        if form.is_valid():
            try:
                added = form.save()
            except ValidationError as error:
                form.add_error(None if len(form.fields) > 1 else next(iter(form.fields)), error)
            else:
                for each in added if isinstance(added, list) else [added]:
                    kind.admin.log_addition(request, each, [{"added": {}}])
                messages.success(request, form.said(added))
                return back
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": str(task),
            "opts": self.opts,
            "original": task,
            "media": self.media + form.media,
            "back": task_url(task.pk),
            "panel": panel_of(name, task, request, form),
        }
        return TemplateResponse(request, "tenant_data/task_panel_page.html", context)

    add_comment = partialmethod(_add, name="comment")
    add_time = partialmethod(_add, name="time")
    add_attach = partialmethod(_add, name="attach")


def _task_is_gone(request: HttpRequest) -> HttpResponse:
    """To the list of tasks, with the comment that was typed, so that it can be copied."""
    messages.error(request, _("This task is not there any more. Nothing was added to it."))
    if text := request.POST.get("text", "").strip():
        messages.info(request, _("You had written: %(text)s") % {"text": text})
    return HttpResponseRedirect(reverse("admin:tenant_data_task_changelist"))
