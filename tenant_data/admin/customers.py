"""The company's own customers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.importing.admin import ImportExportMixin
from console.others import LeavesOthersWork
from console.sites import tenant_site
from tenant_data.admin.base import WorkAdmin
from tenant_data.counting import number_of
from tenant_data.models import Customer, Project
from tenant_data.resources import CustomerResource


@admin.register(Customer, site=tenant_site)
class CustomerAdmin(ImportExportMixin, WorkAdmin):
    form = LeavesOthersWork
    resource_classes = (CustomerResource,)
    feature = "customers"
    list_display = ("name", "contact_name", "contact_email", "contact_phone", "project_count")
    search_fields = ("name", "contact_name", "contact_email")
    search_help_text = _("Name, contact or e-mail")
    fieldsets = (
        (None, {"fields": ("name", "notes")}),
        (_("Contact"), {"fields": ("contact_name", "contact_email", "contact_phone")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return super().get_queryset(request).annotate(project_total=number_of(Project, "customer"))

    @display(description=_("projects"), ordering="project_total")
    def project_count(self, customer: Any) -> SafeString:
        url = reverse("admin:tenant_data_project_changelist")
        return format_html(
            '<a class="console-link" href="{}?{}">{}</a>',
            url,
            urlencode({"customer__id__exact": customer.pk}),
            customer.project_total,
        )
