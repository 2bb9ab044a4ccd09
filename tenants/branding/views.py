"""A client's logo, for its own pages."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenants.branding.images import CONTENT_TYPES
from tenants.models import Client

#: A logo never changes: another one has another name.
_FOR_A_YEAR = "public, max-age=31536000, immutable"


@require_safe
def own_logo(request: HttpRequest, name: str) -> HttpResponse:
    """The logo of the client whose host this is, to anybody: it is on the page to sign in."""
    if name != request.tenant.logo.name:
        raise Http404
    response = logo_response(request.tenant)
    response["Cache-Control"] = _FOR_A_YEAR
    return response


def logo_response(client: Client) -> HttpResponse:
    """The file, under the type that we know it to have. Raises ``Http404``."""
    content_type = CONTENT_TYPES.get(PurePosixPath(client.logo.name or "").suffix[1:])
    try:
        if content_type is None:
            raise FileNotFoundError
        with client.logo.open("rb") as file:
            content = file.read()
    except OSError as exc:
        raise Http404 from exc
    return HttpResponse(
        content,
        content_type=content_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            # Should a file ever be opened by itself, it is a picture and nothing more.
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
