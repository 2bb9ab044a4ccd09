"""The mail with a sign-in link to a client's tenant."""

from __future__ import annotations

import logging

from django.utils import translation

from console.accounts.mail import MailNotTaken, mail_is_set, send_sign_in_link
from console.accounts.models import User
from tenants.exceptions import MailNotSent, MailNotSet
from tenants.models import Client

logger = logging.getLogger(__name__)


def refuse_without_mail() -> None:
    """Raise ``MailNotSet`` where nobody has said which server takes mail."""
    if not mail_is_set():
        raise MailNotSet


def send_invitation(client: Client, user: User, link: str) -> None:
    """Send the user the link in the client's language, and wait for the answer.

    Raises ``MailNotSent``; what went wrong is logged.
    """
    try:
        with translation.override(client.language):
            send_sign_in_link(user, link, place=client)
    except MailNotTaken as exc:
        logger.warning("A sign-in link for %s was not sent: %s", client.schema_name, exc)
        raise MailNotSent(email=user.email) from None
