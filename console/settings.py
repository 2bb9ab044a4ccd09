"""Settings: values only. How the environment is read is in ``console.env``."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from console import env
from console.data_folder import data_dir
from console.mail import mail_server

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_dir()

DEBUG = env.debug()
SECRET_KEY = env.secret_key()
SECRET_KEY_FALLBACKS = env.secret_key_fallbacks()

# The host of the staff side; tenants get addresses below it, or domains of their own.
CONSOLE_DOMAIN = env.console_domain()
# Names below or beside CONSOLE_DOMAIN that no client can have: who has one could pass for us.
RESERVED_DOMAIN_LABELS = frozenset(
    label.strip()
    for label in env.env.str(
        "RESERVED_DOMAIN_LABELS",
        default=(
            "account,accounts,admin,api,app,assets,auth,autoconfig,autodiscover,billing,"
            "blog,cdn,console,dashboard,docs,email,ftp,help,imap,internal,login,mail,media,"
            "mx,ns,ns1,ns2,pop,public,root,security,signin,signup,smtp,sso,static,status,"
            "staff,support,system,test,vpn,webmail,www"
        ),
    ).split(",")
)
# Development alone: 127.0.0.1 and [::1] have no subdomains, so they lead to "localhost".
REDIRECT_LOOPBACK = CONSOLE_DOMAIN == "localhost"
# Any host may be a tenant's; TenantMiddleware looks each up and answers 404 for the unknown.
ALLOWED_HOSTS = ["*"]

# --- Applications ---------------------------------------------------------------------------

# Both sides have users, sessions, groups and an admin log: in `public` those of the staff, in a
# schema those of that tenant.
_BOTH_SIDES = [
    "console.accounts",
    "console.history",
    "console.importing",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.admin",
    "axes",
]
SHARED_APPS = [
    # Unfold before django_tenants and before the admin: each overrides templates of the next.
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "import_export",
    # Before django_tenants: `tenants` replaces some of its commands.
    "console",
    "tenants",
    "django_tenants",
    "procrastinate.contrib.django",
    "auditlog",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *_BOTH_SIDES,
]
TENANT_APPS = ["tenant_data", "console.company", *_BOTH_SIDES]
INSTALLED_APPS = [*SHARED_APPS, "tenant_data", "console.company"]

TENANT_MODEL = "tenants.Client"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_URLCONF = "console.urls_public"
ROOT_URLCONF = "console.urls_tenant"

MIDDLEWARE = [
    "console.health.HealthMiddleware",
    "console.protection.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Before everything that reads the database, the session or the user.
    "console.middleware.TenantMiddleware",
    "console.middleware.RefuseNulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "console.middleware.ClientLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.middleware.ActivityMiddleware",
    "console.history.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    # Last: it answers in the place of a view that was tried too often.
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Ahead of every app: overrides of Unfold's and import-export's templates.
        "DIRS": [BASE_DIR / "console" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
WSGI_APPLICATION = "console.wsgi.application"

# --- Database -------------------------------------------------------------------------------

DATABASES = env.databases(
    ENGINE="console.postgres.backend",
    # A PostgreSQL backend grows with every schema it has touched; give it a bounded life.
    CONN_MAX_AGE=60,
    CONN_HEALTH_CHECKS=True,
    TEST={"NAME": env.env.str("TEST_DATABASE_NAME", default="test_console")},
)
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Pages of a tenant whose schema is behind the code: served as far as they work, or closed.
SERVE_BEHIND = env.switch("SERVE_BEHIND", default=False)
# Whether what prepares the console's start migrates the tenants too, or leaves them to a rollout.
MIGRATE_ON_START = env.switch("MIGRATE_ON_START", default=True)

# The roles that the console switches between. The web process is not told the owner's.
OWNER_ROLE = env.role_name("owner")
WEB_ROLE = env.role_name("web")

# --- Users, sessions, messages, cache -------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# A sign-in link is good for three days (seconds).
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60

SESSION_ENGINE = "django.contrib.sessions.backends.db"
# In the session, and so in the schema: a cookie of messages could be carried to another tenant.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Keys carry the schema: Unfold caches search results by user id alone.
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    },
}

# --- History --------------------------------------------------------------------------------

AUDITLOG_LOGENTRY_MODEL = "history.LogEntry"
AUDITLOG_STORE_JSON_CHANGES = True
# auditlog's own table is replaced by ours; it would only stand empty.
MIGRATION_MODULES = {"auditlog": None}

# --- Queue ----------------------------------------------------------------------------------

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

# Days for which what is over is kept; see docs/operating.md.
OPERATIONS_KEPT_DAYS = env.whole_number("OPERATIONS_KEPT_DAYS", default=365)
OPERATION_LOGS_KEPT_DAYS = env.whole_number("OPERATION_LOGS_KEPT_DAYS", default=90)
JOBS_KEPT_DAYS = env.whole_number("JOBS_KEPT_DAYS", default=30)

# --- Languages, time ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# No catalog so far: every text is as it stands in the code. The two differ in how dates are
# written and where a week starts. The first catalog brings LOCALE_PATHS with it.
LANGUAGES = [("en", _("English (US)")), ("en-gb", _("English (UK)"))]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Mail -----------------------------------------------------------------------------------

# Sign-in links can be sent where there is a server; no page offers it where there is none.
_MAIL = mail_server()
EMAIL_HOST = _MAIL.host
EMAIL_PORT = _MAIL.port
EMAIL_HOST_USER = _MAIL.user
EMAIL_HOST_PASSWORD = _MAIL.password
EMAIL_USE_TLS = _MAIL.tls
EMAIL_USE_SSL = _MAIL.ssl
# Whoever pressed the button waits for the server's answer (seconds).
EMAIL_TIMEOUT = 10
# Whom a company's own admins ask for what they cannot change themselves; empty: their contact.
SUPPORT_EMAIL = env.support_email()
DEFAULT_FROM_EMAIL = env.env.str("DEFAULT_FROM_EMAIL", default=f"noreply@{CONSOLE_DOMAIN}")

# --- What one side asks of the other --------------------------------------------------------

# How much of one of a plan's limits a tenant uses; `tenants` knows nothing of `tenant_data`.
TENANT_USE = "tenant_data.use.used"
# The plan of the tenant that the connection is in.
TENANT_PLAN = "tenants.operations.plan_of_tenant.current_plan"
# What a company takes out with everything else, in an order in which it can be brought back in;
# `console.company` knows nothing of `tenant_data`.
TENANT_RESOURCES = (
    "console.company.people.PeopleResource",
    "tenant_data.resources.CustomerResource",
    "tenant_data.resources.LabelResource",
    "tenant_data.resources.ProjectResource",
    "tenant_data.resources.MilestoneResource",
    "tenant_data.resources.TaskResource",
    "tenant_data.resources.CommentResource",
    "tenant_data.resources.time_entries.TimeEntryResource",
)
# The files that go with it: yields pairs of a name in the zip and the name in the storage.
TENANT_FILES = "tenant_data.files.all_files"

# --- Files ----------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# Companies' files are served by views alone: nobody else on the machine has to read them.
_FOR_US_ALONE = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
STORAGES = {
    "default": {
        "BACKEND": "django_tenants.files.storage.TenantFileSystemStorage",
        "OPTIONS": _FOR_US_ALONE,
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "logos": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "logos", **_FOR_US_ALONE},
    },
    "imports": {
        # django-tenants' storage is per schema only where no location is given.
        "BACKEND": "console.importing.storage.SchemaStorage",
        "OPTIONS": {"location": DATA_DIR / "imports"},
    },
}
MEDIA_ROOT = DATA_DIR / "media"

# --- Import and export ----------------------------------------------------------------------

IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
# What the demo's files are imported with; `tenants` knows nothing of `tenant_data`.
DEMO_RESOURCES = {
    "plans": "tenants.resources.PlanResource",
    "clients": "tenants.resources.ClientResource",
    "customers": "tenant_data.resources.CustomerResource",
    "labels": "tenant_data.resources.LabelResource",
    "projects": "tenant_data.resources.ProjectResource",
    "milestones": "tenant_data.resources.MilestoneResource",
    "tasks": "tenant_data.resources.TaskResource",
}
# What gives the demo's tasks a past, with comments and time.
DEMO_WORK = "tenant_data.demo.bring_to_life"

# --- Admin sites, protection, logging -------------------------------------------------------

from console.settings_logging import LOGGING  # noqa: E402, F401
from console.settings_protection import *  # noqa: E402, F403
from console.theming import UNFOLD_PUBLIC, UNFOLD_TENANT  # noqa: E402, F401
