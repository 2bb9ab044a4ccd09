"""Which server takes mail, as the environment says it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from console.env import env, secret, switch


@dataclass(frozen=True, slots=True)
class MailServer:
    """With no ``host`` nothing can be sent, and no page offers it."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    ssl: bool


def mail_server() -> MailServer:
    """Read ``EMAIL_HOST`` and what belongs to it. Raises ``ImproperlyConfigured``."""
    tls = switch("EMAIL_USE_TLS", default=False)
    ssl = switch("EMAIL_USE_SSL", default=False)
    if tls and ssl:
        raise ImproperlyConfigured(
            "EMAIL_USE_TLS and EMAIL_USE_SSL are both set: TLS begins after the greeting "
            "(port 587), SSL before it (port 465). Set one of them."
        )
    return MailServer(
        host=env.str("EMAIL_HOST", default=""),
        port=env.int("EMAIL_PORT", default=465 if ssl else 587 if tls else 25),
        user=env.str("EMAIL_HOST_USER", default=""),
        password=secret("EMAIL_HOST_PASSWORD"),
        tls=tls,
        ssl=ssl,
    )
