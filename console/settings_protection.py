"""The part of the settings that protects: TLS, cookies, headers, sign-ins, uploads. Values only.

What differs between development on ``localhost`` and anywhere else follows from ``HTTPS``.
"""

from __future__ import annotations

from datetime import timedelta

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from console import env
from console.inline_styles import hash_of_plain_pages

# --- TLS ------------------------------------------------------------------------------------

# Whether people come by TLS: everywhere but on the machine that the console is developed on.
HTTPS = env.switch("CONSOLE_HTTPS", default=not env.is_on_this_machine())
SECURE_SSL_REDIRECT = HTTPS
# The header with which a proxy says that a request came by TLS. None is believed unasked: where no
# proxy sets it anew, anybody could send it.
_PROXY_HEADER = env.header("CONSOLE_PROXY_SSL_HEADER")
SECURE_PROXY_SSL_HEADER = (_PROXY_HEADER, "https") if _PROXY_HEADER else None
SECURE_HSTS_SECONDS = (
    env.whole_number("CONSOLE_HSTS_SECONDS", default=365 * 24 * 60 * 60, at_least=0) if HTTPS else 0
)
# For the console's own domain and those below it. What is below a company's own domain is not
# ours to decide on: `console.protection` leaves both out there.
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = env.switch("CONSOLE_HSTS_PRELOAD", default=HTTPS)

# --- Cookies --------------------------------------------------------------------------------

# Browsers take a cookie of such a name from this very host alone, by TLS: nobody with another name
# below the same domain can put one in its place.
_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# --- Headers --------------------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# No further: Django asks the referrer of a form that came by TLS.
SECURE_REFERRER_POLICY = "same-origin"
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation",
        "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb",
    )
)  # fmt: skip
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # No script stands in a page. Alpine, which Unfold is built on, makes functions of the texts
        # in attributes: without 'unsafe-eval' no menu opens.
        "script-src": [SELF, UNSAFE_EVAL],
        "script-src-attr": [NONE],
        # Of the styles in a page, those of this answer and of the pages that need no other file.
        "style-src-elem": [SELF, NONCE, hash_of_plain_pages()],
        # Unfold draws bars and places menus by attributes.
        "style-src-attr": [UNSAFE_INLINE],
        # For browsers that do not know the two lines above.
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- Who fails to sign in again and again ---------------------------------------------------

# How many proxies of ours a request comes through: so many entries of X-Forwarded-For, from the
# end, were not written by the visitor.
PROXY_COUNT = env.whole_number("CONSOLE_PROXIES", default=0, at_least=0)

AUTHENTICATION_BACKENDS = [
    # First: it refuses whoever has to wait before a password is looked at.
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "console.throttling.handler.Handler"
AXES_CLIENT_IP_CALLABLE = "console.throttling.addresses.client_address"
AXES_USERNAME_CALLABLE = "console.throttling.names.name_of"
AXES_LOCKOUT_CALLABLE = "console.throttling.pages.wait"
AXES_USERNAME_FORM_FIELD = "username"
# Both together: nobody keeps a colleague out who works elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 7
# From one address, whatever names are tried: an office with its own address has many people.
PLACE_FAILURE_LIMIT = 50
# Mails with a link for a new password that one address can ask for.
PLACE_ASKING_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
# So that the page can say when to come back, and it stays true.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
# The history and the users' last sign-in say who was here; nothing is kept longer than it counts.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- Uploads --------------------------------------------------------------------------------

# The largest file that can be attached to a task (MB).
ATTACHMENT_MAX_MB = env.whole_number("ATTACHMENT_MAX_MB", default=20)
FILE_UPLOAD_HANDLERS = [
    # Before those that keep what was sent: what is too much never reaches the disk.
    "console.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# What the files of one request can have together (bytes).
UPLOAD_MAX_BYTES = 3 * max(ATTACHMENT_MAX_MB, 20) * 1024 * 1024
# What a form can have beside its files (bytes), and in how many fields. As many files: a form that
# takes fewer says so itself.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024 + 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = DATA_UPLOAD_MAX_NUMBER_FILES = 5000
