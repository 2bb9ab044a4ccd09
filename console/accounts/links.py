"""One-time links with which somebody sets a password and is signed in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import connection
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.rights import held_by


class SignInTokens(PasswordResetTokenGenerator):
    """Tokens that are good for one user, in one schema, on one host, until it is used.

    Django's token ends with the next sign-in, password or e-mail address; users of two tenants
    can agree in all of these and in the id, so the schema and the host are part of it. So are the
    user's rights: whoever made a link might otherwise wait until the user has more than they do.
    """

    key_salt = "console.accounts.links.SignInTokens"

    def __init__(self, *, schema: str, host: str) -> None:
        super().__init__()
        self.schema = schema
        self.host = host

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        with schema_context(self.schema):
            rights = sorted(held_by(user))
        own = (super()._make_hash_value(user, timestamp), self.schema, self.host)
        return "|".join(map(str, (*own, user.is_superuser, rights)))


def sign_in_path(user: User, *, schema: str, host: str, urlconf: str) -> str:
    """The path of a link for ``user`` on ``host``; a secret, to be shown once and never logged."""
    token = SignInTokens(schema=schema, host=host).make_token(user)
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("welcome", args=[uid, token], urlconf=urlconf)


def own_link(request: HttpRequest, user: User) -> str:
    """A link for a user of the side that the request came to, on the host that it came to."""
    host, _port = split_domain_port(request.get_host())
    urlconf = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
    path = sign_in_path(user, schema=connection.schema_name, host=host, urlconf=urlconf)
    return request.build_absolute_uri(path)
