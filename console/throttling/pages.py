"""What somebody sees who has to wait."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from console.throttling.names import ASKING, name_of
from console.throttling.rules import free_at


def wait(
    request: HttpRequest,
    response: HttpResponse | None = None,
    credentials: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """A page that says for how long; the same whether there is such a user or not."""
    from console.accounts.views import forgotten_url
    from console.sites import public_site, tenant_site

    name = name_of(request, credentials)
    now = timezone.now()
    end = free_at(name, request.axes_ip_address) or now + settings.AXES_COOLOFF_TIME
    seconds = max(math.ceil((end - now).total_seconds()), 1)
    site = public_site if request.tenant.is_public else tenant_site
    context = {
        **site.each_context(request),
        "title": _("Please wait a little"),
        "minutes": math.ceil(seconds / 60),
        "is_asking": name == ASKING,
        "forgotten_url": "" if name == ASKING else forgotten_url(),
    }
    answer = render(request, "console/wait.html", context, status=429)
    answer.headers["Retry-After"] = str(seconds)
    answer.headers["Cache-Control"] = "no-store"
    return answer
