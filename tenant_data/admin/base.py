"""What the pages of a company's work share."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest

from console import limits
from console.modeladmin import ModelAdmin
from console.paginator import BoundedPaginator


class WorkAdmin(ModelAdmin):
    """The console's, for lists that may be long, and for what a plan can switch off.

    What is there of a feature that the plan does not have can be seen, exported and deleted.
    Nothing is added or changed, and the menu does not offer it.
    """

    #: The feature of the plan that this needs; empty for what every plan has.
    feature = ""
    paginator = BoundedPaginator

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("tenant_data/work.css",)}

    def is_in_plan(self) -> bool:
        return not self.feature or limits.has_feature(self.feature)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.is_in_plan() and super().has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.is_in_plan() and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_in_plan() and super().has_change_permission(request, obj)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.is_in_plan() and super().has_import_permission(request)
