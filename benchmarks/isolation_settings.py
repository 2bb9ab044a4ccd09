"""The console's settings, with a middleware that ends requests badly where it is asked to.

Static files are served by nobody here, and so are not collected.
"""

from console.settings import *  # noqa: F403
from console.settings import MIDDLEWARE, STORAGES

MIDDLEWARE = [*MIDDLEWARE, "benchmarks.isolation_endings.EndingsMiddleware"]
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": _PLAIN}}
