"""What a page gets that asks again and again for the part of itself that changes.

The answers are htmx's: 204 leaves the page alone, 200 brings a new part, 286 brings the last one
and ends the asking, and the header ``HX-Refresh`` loads the whole page again.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: htmx's own: swap this in, and stop polling.
STOP_POLLING = 286


def live_answer(
    request: HttpRequest, *, version: str, is_open: bool, draw: Callable[[], HttpResponse]
) -> HttpResponse:
    """The part of the page that changes, drawn only if it did.

    The page says in ``seen`` which version it shows. Replacing what is the same would close what
    the reader has opened and make screen readers say it again.
    """
    if is_open and request.GET.get("seen") == version:
        return HttpResponse(status=204)
    response = draw()
    if not is_open:
        response.status_code = STOP_POLLING
    return response


def signed_out() -> HttpResponse:
    """For a session that has ended, or has lost the right: the page loads again and says so."""
    return HttpResponse(status=403, headers={"HX-Refresh": "true"})
