"""The WSGI application. A process that serves requests always logs in as `web`."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from console.env import refuse_owner_login

refuse_owner_login()
os.environ["CONSOLE_LOGIN"] = "web"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django's, refused to a server with threads, whatever started it.

    The admin keeps what a request asks for on objects that all threads share: one company's page
    would be drawn with what belongs to another's request.
    """
    if environ.get("wsgi.multithread"):
        raise ImproperlyConfigured(
            "The console is served by processes, not threads: use gunicorn's sync workers "
            "without --threads, or “manage.py runserver --nothreading”."
        )
    return _django(environ, start_response)
