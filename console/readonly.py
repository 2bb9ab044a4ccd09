"""Fields of a form that are shown and not filled in."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest
from unfold import forms as unfold_forms
from unfold.fields import UnfoldAdminReadonlyField

#: The attribute of a form with the request that it is drawn for: a ModelAdmin is shared by all.
_REQUEST = "console_request"


def drawn_for(form: BaseForm, request: HttpRequest) -> None:
    """From now on the form's read-only fields link to what this request's user may open."""
    setattr(form, _REQUEST, request)


class ReadonlyField(UnfoldAdminReadonlyField):
    """Unfold's, which names what its reader may not open, and does not link to it."""

    def get_admin_url(self, remote_field: Any, remote_obj: Model) -> str:
        request = getattr(self.form, _REQUEST, None)
        other = self.model_admin.admin_site._registry.get(remote_field.model)
        if request and other and not other.has_view_or_change_permission(request, remote_obj):
            return str(remote_obj)
        url: str = super().get_admin_url(remote_field, remote_obj)
        return url


# There is no setting for it: Unfold's forms make one of whatever has this name.
unfold_forms.UnfoldAdminReadonlyField = ReadonlyField
