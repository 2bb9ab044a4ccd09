"""What the pages of several models share."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.modeladmin import ModelAdmin
from tenants.exceptions import OperationOpen, TenantError
from tenants.models import Client, Operation, OperationState, Rollout
from tenants.models.operation import Requested
from tenants.operations.authorise import INVITE, PROVISION, permission_for

#: The colours of Unfold's labels for the state of an operation; none for what was cancelled.
STATE_LABELS: dict[str, str] = {
    OperationState.QUEUED: "warning",
    OperationState.RUNNING: "info",
    OperationState.SUCCEEDED: "success",
    OperationState.FAILED: "danger",
    OperationState.CANCELLED: "",
}


def may_provision(request: HttpRequest) -> bool:
    return request.user.has_perm(PROVISION)


def may_invite(request: HttpRequest) -> bool:
    return request.user.has_perm(INVITE)


def may_ask_for(request: HttpRequest, kind: str) -> bool:
    """Whether the user may ask for such an operation, try it again and cancel it."""
    return request.user.has_perm(permission_for(kind))


def may_follow(request: HttpRequest) -> bool:
    """Whether operations can be seen: by those who may look at them, and who may start them."""
    return may_provision(request) or request.user.has_perm("tenants.view_operation")


def origin_of(request: HttpRequest) -> str:
    """The address of the staff side as this request reached it: scheme, host and port."""
    return f"{request.scheme}://{request.get_host()}"


def client_url(client: Client) -> str:
    return reverse("admin:tenants_client_change", args=[client.pk])


def operation_url(operation: Operation) -> str:
    return reverse("admin:tenants_operation_change", args=[operation.pk])


def rollout_url(rollout: Rollout) -> str:
    return reverse("admin:tenants_rollout_change", args=[rollout.pk])


def link(url: str, text: Any) -> SafeString:
    return format_html('<a class="tenants-link" href="{}">{}</a>', url, text)


def refusal(error: TenantError) -> str | SafeString:
    """A refusal in plain words, with a link to the operation that stands in the way, if any."""
    operation = error.params.get("operation")
    if isinstance(error, OperationOpen) and isinstance(operation, Operation):
        return format_html("{} {}", error, link(operation_url(operation), _t("Follow it.")))
    return str(error)


def report_refusal(request: HttpRequest, error: TenantError) -> None:
    messages.error(request, refusal(error))


class PageMixin:
    """Pages of a model's own that are drawn inside the admin's frame, and their style."""

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("tenants/pages.css",)}

    def page(
        self: Any, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
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


class SecondLook:
    """A form whose row somebody else has saved between the check and the save is checked again,
    and then says so beside the field."""

    def changeform_view(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (IntegrityError, ValidationError):
            return super().changeform_view(request, *args, **kwargs)


class AskedBy:
    """The column that says who asked."""

    @display(description=_("requested by"), ordering="requested_by_email")
    def asked_by(self, row: Requested) -> str:
        return row.who


class HistoryAdmin(PageMixin, ModelAdmin):
    """A model whose rows are written by the verbs alone: to be read here and nothing else.

    A row has a page of its own in place of a form. Staff who may start operations may follow them,
    whatever else they may see.
    """

    actions = None
    #: The page about one row.
    page_template: str

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What that page says; a ``title`` where the row's own words are not the one."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The row's page. Raises ``PermissionDenied`` for anything but looking at one."""
        if object_id is None or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {"title": str(row), "original": row, **self.page_context(request, row)}
        return self.page(request, self.page_template, {**context, **(extra_context or {})})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_provision(request) or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
