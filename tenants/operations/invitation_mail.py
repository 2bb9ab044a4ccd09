"""The mail with a sign-in link."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _

from console.accounts.models import User
from tenants.exceptions import MailNotSent, MailNotSet
from tenants.models import Client

logger = logging.getLogger(__name__)


def mail_is_set() -> bool:
    return bool(settings.EMAIL_HOST)


def refuse_without_mail() -> None:
    """Raise ``MailNotSet`` where nobody has said which server takes mail."""
    if not mail_is_set():
        raise MailNotSet


def send_invitation(client: Client, user: User, link: str) -> None:
    """Send the user the link as plain text, in the client's language, and wait for the answer.

    Raises ``MailNotSent``. What the server said is logged by its number alone: its words may
    repeat the message.
    """
    with translation.override(client.language):
        now, lasts = timezone.now(), timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        words = {
            "name": user.name,
            "client": client,
            "link": link,
            # With plain blanks: not every mail program knows Django's.
            "valid_for": timeuntil(now + lasts, now).replace("\xa0", " "),
        }
        subject = _("Your way in to %(client)s") % {"client": client}
        body = render_to_string("tenants/mail/sign_in_link.txt", words)
    # A header has one line, whatever blanks the client's name has.
    message = EmailMessage(" ".join(subject.split()), body, to=[user.email])
    try:
        sent = message.send()
    except (SMTPException, OSError, ValueError) as exc:
        _note(client, exc)
        raise MailNotSent(email=user.email) from None
    if not sent:
        raise MailNotSent(email=user.email)


def _note(client: Client, exc: Exception) -> None:
    code = exc.smtp_code if isinstance(exc, SMTPResponseException) else ""
    name = type(exc).__name__
    logger.warning("A sign-in link for %s was not sent: %s %s", client.schema_name, name, code)
