"""A mail with a sign-in link: the same for the staff and for a tenant's people."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _

from console.accounts.models import User


class MailNotTaken(Exception):
    """The mail server did not answer, or did not take the message.

    Says which error it was and nothing of what the server said: its words may repeat the message.
    """


def mail_is_set() -> bool:
    return bool(settings.EMAIL_HOST)


def send_sign_in_link(user: User, link: str, *, place: Any, timeout: float | None = None) -> None:
    """Send the user the link as plain text, in the language of now, and wait for the answer.

    ``place`` is the name of what it leads to, and ``timeout`` how many seconds the mail server has
    for each of its answers, in place of ``EMAIL_TIMEOUT``. Raises ``MailNotTaken``.
    """
    now, lasts = timezone.now(), timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    words = {
        "name": user.name,
        "place": place,
        "link": link,
        # With plain blanks: not every mail program knows Django's.
        "valid_for": timeuntil(now + lasts, now).replace("\xa0", " "),
    }
    subject = _("Your way in to %(place)s") % {"place": place}
    body = render_to_string("accounts/mail/sign_in_link.txt", words)
    # A header has one line, whatever blanks the name has.
    subject = " ".join(subject.split())
    options = {} if timeout is None else {"timeout": timeout}
    try:
        mail = get_connection(**options)
        message = EmailMessage(subject, body, to=[user.email], connection=mail)
        sent = message.send()
    except (SMTPException, OSError, ValueError) as exc:
        code = exc.smtp_code if isinstance(exc, SMTPResponseException) else ""
        raise MailNotTaken(f"{type(exc).__name__} {code}".rstrip()) from None
    if not sent:
        raise MailNotTaken("nobody to send it to")
