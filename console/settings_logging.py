"""The part of the settings that says what is written into the log, and how."""

from console import env

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "console.logs.Formatter",
            "fmt": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {
        "faults": {
            "()": "django.utils.log.CallbackFilter",
            "callback": "ext://console.logs.is_fault",
        },
        "in_one_line": {
            "()": "django.utils.log.CallbackFilter",
            "callback": "ext://console.logs.in_one_line",
        },
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "refusals": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["in_one_line"],
        },
    },
    "root": {"handlers": ["stderr"], "level": env.env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "console": {"level": "INFO"},
        "tenants": {"level": "INFO"},
        # Refusals and unknown pages are answers, not faults of the server.
        "django.request": {"level": "ERROR", "filters": ["faults"]},
        "django.security": {"handlers": ["refusals"], "propagate": False},
        "procrastinate": {"level": "WARNING"},
        # It writes a line for each failure; `console.throttling` one for each that has to wait.
        "axes": {"level": "ERROR"},
    },
}
