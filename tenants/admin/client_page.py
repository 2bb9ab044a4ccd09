"""Pages about one client that ask first: a GET says what will happen, a POST does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from tenants.admin.base import PageMixin, client_url, report_refusal
from tenants.exceptions import TenantError
from tenants.models import Client


class QuestionForm(forms.Form):
    """What has to be said before something is done to ``client``; nothing, if not extended."""

    def __init__(self, data: Any = None, *, client: Client) -> None:
        self.client = client
        super().__init__(data)


class ClientPages(PageMixin):
    class Media:
        # Both: of several classes that a ModelAdmin is made of, one has the word.
        css: ClassVar[dict[str, tuple[str, ...]]] = {
            "all": ("tenants/pages.css", "tenants/client.css")
        }
        js = ("tenants/client.js",)

    def ask(
        self: Any,
        request: HttpRequest,
        object_id: str,
        *,
        template: str,
        title: Any,
        refused: Callable[[Client], TenantError | None],
        do: Callable[[Client, dict[str, Any]], HttpResponse],
        form_class: type[QuestionForm] = QuestionForm,
        context: Callable[[Client], dict[str, Any]] = lambda client: {},
    ) -> HttpResponse:
        """The page that asks; after a POST with a form that is filled in well, what ``do`` does.

        ``refused`` says why it cannot be done, and so does a ``TenantError`` of ``do``: the
        client's page says it then. A ``ValidationError`` of ``do`` stands beside the field.
        ``context`` adds to what the template has: the client, the form.
        """
        client = self.client_of(request, object_id)
        if client is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        is_post = request.method == "POST"
        form = form_class(request.POST if is_post else None, client=client)
        try:
            if refusal := refused(client):
                raise refusal
            if is_post and form.is_valid():
                try:
                    return do(client, form.cleaned_data)
                except ValidationError as error:
                    form.add_error(None, error)
        except TenantError as error:
            report_refusal(request, error)
            return HttpResponseRedirect(client_url(client))
        known = {"title": title, "client": client, "original": client, "form": form}
        back = {"back": client_url(client)}
        return self.page(request, template, {**known, **back, **context(client)})

    def client_of(self: Any, request: HttpRequest, object_id: Any) -> Client | None:
        """The client, if there is one; raises ``PermissionDenied`` to those who may not see it."""
        client = self.get_object(request, unquote(str(object_id)))
        if client is not None and not self.has_view_permission(request, client):
            raise PermissionDenied
        return client

    def done(self, request: HttpRequest, client: Client, text: str, **params: Any) -> HttpResponse:
        """Back on the client's page, which says ``text``; its ``%(client)s`` is the client."""
        messages.success(request, text % {"client": client, **params})
        return HttpResponseRedirect(client_url(client))
