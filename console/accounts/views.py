"""Pages of a user's own account that need no sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import views
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from console.accounts.links import SignInTokens
from console.accounts.models import User
from console.sites import ConsoleSite


class WelcomeView(views.PasswordResetConfirmView):
    """Where a one-time link leads: set a password, and be signed in.

    Opening the page uses nothing up, so a mail scanner that follows the link does no harm; the
    token ends when the password is set. It is moved into the session at once, so that it appears
    in no referrer. The token is bound to this schema and this host.
    """

    #: Whose frame the page has: the side that the user belongs to.
    site: ConsoleSite | None = None

    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = reverse_lazy("admin:index")
    template_name = "console/welcome.html"
    title = _("Welcome")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        host, _port = split_domain_port(request.get_host())
        self.token_generator = SignInTokens(schema=connection.schema_name, host=host)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**self.site.each_context(self.request), **super().get_context_data(**kwargs)}

    def get_user(self, uidb64: str) -> User | None:
        """Somebody who was deactivated since is nobody here."""
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None
