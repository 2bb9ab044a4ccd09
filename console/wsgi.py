"""The WSGI application. A process that serves requests always logs in as `web`."""

import os

from django.core.wsgi import get_wsgi_application

from console.env import refuse_owner_login

refuse_owner_login()
os.environ["CONSOLE_LOGIN"] = "web"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

application = get_wsgi_application()
