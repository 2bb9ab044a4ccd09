"""What the company's pages share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from console.modeladmin import ModelAdmin


class PageAdmin(ModelAdmin):
    """A ModelAdmin with one page in the place of its list, and no list, form or deletion.

    The page has the list's address and name, so that the sidebar and the search lead to it.
    """

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        page = self.admin_site.admin_view(self.changelist_view)
        return [path("", page, name=f"{name}_changelist"), *self.more_urls()]

    def more_urls(self) -> list[URLPattern]:
        """Addresses below that of the page."""
        return []

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        raise NotImplementedError

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        """The template, with what every page of the admin needs in its context."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "media": self.media,
                **context,
            },
        )
