"""Pages of a user's own account that need no sign-in."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from django.contrib.auth import views
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView

from console.accounts.forgotten import ONCE_IN, RedirectThen, send_new_link
from console.accounts.forms import ForgottenForm
from console.accounts.links import SignInTokens
from console.accounts.mail import mail_is_set
from console.accounts.models import User
from console.sites import ConsoleSite
from console.throttling.handler import has_to_wait, note_asking, note_failure
from console.throttling.names import ASKING, LINK
from console.throttling.pages import wait


class OnSite:
    """A page in the frame of one side."""

    #: Whose frame the page has: the side that the user belongs to.
    site: ConsoleSite | None = None

    def get_context_data(self: Any, **kwargs: Any) -> dict[str, Any]:
        return {**self.site.each_context(self.request), **super().get_context_data(**kwargs)}


class WelcomeView(OnSite, views.PasswordResetConfirmView):
    """Where a one-time link leads: set a password, and be signed in.

    Opening the page uses nothing up, so a mail scanner that follows the link does no harm; the
    token ends when the password is set. It is moved into the session at once, so that it appears
    in no referrer. The token is bound to this schema and this host.
    """

    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = reverse_lazy("admin:index")
    template_name = "console/welcome.html"
    title = _("Welcome")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if has_to_wait(request, LINK):
            return wait(request, credentials={"username": LINK})
        host, _port = split_domain_port(request.get_host())
        self.token_generator = SignInTokens(schema=connection.schema_name, host=host)
        response = super().dispatch(request, *args, **kwargs)
        if not self.validlink and not isinstance(response, HttpResponseRedirect):
            note_failure(request, LINK)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "forgotten_url": forgotten_url()}

    def get_user(self, uidb64: str) -> User | None:
        """Somebody who was deactivated since is nobody here."""
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None


@method_decorator(never_cache, name="dispatch")
class ByMail(OnSite):
    """A page that is there where the console can send mails."""

    def dispatch(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not mail_is_set():
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class ForgottenView(ByMail, FormView):
    """Asks for an address, and gives the same answer for each in the same time."""

    form_class = ForgottenForm
    template_name = "console/forgotten.html"
    extra_context: ClassVar[dict[str, Any]] = {"title": _("A new password")}

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        if has_to_wait(self.request, ASKING):
            return wait(self.request, credentials={"username": ASKING})
        note_asking(self.request)
        place = self.site.each_context(self.request)["site_title"]
        then = partial(
            send_new_link,
            self.request,
            form.cleaned_data["email"],
            place=place,
            language=get_language(),
        )
        return RedirectThen(reverse("forgotten_sent"), then)


class ForgottenSentView(ByMail, TemplateView):
    template_name = "console/forgotten_sent.html"
    extra_context: ClassVar[dict[str, Any]] = {
        "title": _("Look into your mail"),
        "minutes": ONCE_IN // timedelta(minutes=1),
    }


def forgotten_url() -> str:
    """Where somebody asks for a new password; empty where nothing can be sent."""
    return reverse("forgotten") if mail_is_set() else ""
