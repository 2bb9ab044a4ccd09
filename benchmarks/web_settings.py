"""The console's settings for web processes of a benchmark.

Static files are served by nobody here, and so are not collected.
"""

from console.settings import *  # noqa: F403
from console.settings import STORAGES

_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": _PLAIN}}
