"""A form about a client holds the client while it is saved, as everybody does who writes of one."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from tenants.exceptions import ClientBusy
from tenants.models import Client
from tenants.operations.locking import hold_client


class HoldsClient:
    """For a ModelAdmin whose form is a ``CanBeTurnedDown``.

    A worker holds the row while it makes the schema. Who waited for it would then judge, and
    write, what was read before: the form comes back as it was typed, and says so.
    """

    def client_to_hold(self, request: HttpRequest, object_id: str | None) -> Any:
        """The key of the client that a POST is about; ``None`` where there is none yet. May be
        text that is no key."""
        return None if object_id is None else unquote(object_id)

    def with_client_held(self, request: HttpRequest, client: Client) -> None:
        """Called before the form is looked at; nobody else changes the client meanwhile."""

    def changeform_view(
        self: Any,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        key = self.client_to_hold(request, object_id) if request.method == "POST" else None
        if key is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            try:
                self.with_client_held(request, hold_client(key))
            except ClientBusy as busy:
                request.client_is_busy = busy  # type: ignore[attr-defined]
            except (Client.DoesNotExist, ValueError, OverflowError):
                pass  # Django's own page says that there is no such client.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self: Any, request: HttpRequest, obj: Any = None, change: bool = False, **more: Any
    ) -> type[ModelForm]:
        form_class = super().get_form(request, obj, change=change, **more)
        return form_class.turned_down(getattr(request, "client_is_busy", None))
