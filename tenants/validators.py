"""What a schema name and a host name may look like."""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from contextlib import suppress
from functools import cache
from typing import Any

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SCHEMA_NAME_MAX_LENGTH = 40
#: How many tags a client can have, and how many domains beside its primary one a file can give
#: it: the client's page draws a row for each.
TAGS_AT_MOST = 20
OTHER_DOMAINS_AT_MOST = 100
SCHEMA_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{SCHEMA_NAME_MAX_LENGTH - 1}}}")

PUBLIC_SCHEMA = "public"
RESERVED_SCHEMA_NAMES = frozenset({PUBLIC_SCHEMA, "console", "default", "information_schema"})
# `pg_` is PostgreSQL's own; the others are prefixes of schemas that the console makes itself.
RESERVED_SCHEMA_PREFIXES = ("pg_", "template_", "doctor_")
#: The whole name of such a schema.
HIDDEN_SCHEMA = re.compile(r"(template|doctor)_[0-9a-f]{12}")

HOSTNAME_MAX_LENGTH = 253
#: The one name without a dot that browsers take for a host, and with it all names below it.
LOCALHOST = "localhost"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
#: Browsers take a name that ends so for an address in numbers.
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def validate_schema_name(value: str) -> None:
    """Raise ``ValidationError`` unless ``value`` can name a new tenant's schema."""
    if not SCHEMA_NAME.fullmatch(value):
        raise ValidationError(
            _(
                "Use a letter, then letters, digits and underscores, all lower case, "
                "%(max)d characters at the most."
            ),
            code="schema_name_form",
            params={"max": SCHEMA_NAME_MAX_LENGTH},
        )
    if value in RESERVED_SCHEMA_NAMES or value.startswith(RESERVED_SCHEMA_PREFIXES):
        raise ValidationError(
            _("“%(name)s” is reserved. Choose another name."),
            code="schema_name_reserved",
            params={"name": value},
        )


def suggest_schema_name(name: str) -> str:
    """A schema name made from a company's name; empty where nothing of it can be used."""
    from django.utils.text import slugify

    words = slugify(name).replace("-", "_").lstrip("_0123456789")
    suggestion = words[:SCHEMA_NAME_MAX_LENGTH].rstrip("_")
    if suggestion in RESERVED_SCHEMA_NAMES or suggestion.startswith(RESERVED_SCHEMA_PREFIXES):
        suggestion = f"client_{suggestion}"[:SCHEMA_NAME_MAX_LENGTH]
    return suggestion


def normalize_hostname(value: str) -> str:
    """A host name in the one spelling that is stored: lower case, no blanks around it, no final
    dot, and letters beyond ASCII as browsers send them (``xn--…``).

    What cannot be spelled so comes back as it is, for ``validate_hostname`` to refuse.
    """
    host = value.strip()
    if not host.isascii() and len(host) <= HOSTNAME_MAX_LENGTH:
        # A name that IDNA does not know stays as it is.
        with suppress(UnicodeError):
            host = idna.encode(host, uts46=True, std3_rules=True).decode()
    host = host.lower()
    # One dot alone ends a name; what is normalized twice stays what it is.
    return host if host.endswith("..") else host.removesuffix(".")


def unicode_hostname(host: str) -> str:
    """The name as its owner writes it, where that is another spelling; empty where it is not."""
    if "xn--" not in host:
        return ""
    try:
        shown = idna.decode(host)
    except UnicodeError:
        return ""
    return shown if shown != host else ""


def validate_hostname(value: str) -> None:
    """Raise ``ValidationError`` unless ``value`` is a bare, normalized host name.

    Says nothing about whose it may be: see ``validate_clients_hostname``.
    """
    if refusal := _not_a_bare_name(value) or _not_a_host(value):
        message, code = refusal
        raise ValidationError(message, code=code)


def _not_a_bare_name(value: str) -> tuple[Any, str] | None:
    """What is in the text beside a host name, or is no host's name alone."""
    if any(mark in value for mark in ("/", "\\", "?", "#", "@")):
        return _("Give the host name alone, without “https://” and without a path."), "hostname_url"
    if any(character.isspace() for character in value):
        return _("Leave out the blanks: a host name has none."), "hostname_blank"
    if _is_address(value):
        return _("An IP address cannot be a client's address."), "hostname_address"
    if ":" in value:
        return _("Give the host name without a port."), "hostname_port"
    if "*" in value:
        text = _("Give each name by itself: “*” does not stand for all names of a domain.")
        return text, "hostname_wildcard"
    if "_" in value:
        return _(
            "A host name cannot have an underscore; a hyphen can stand there."
        ), "hostname_under"
    if value.startswith("www."):
        return _("Leave out “www.”: it is taken off every address."), "hostname_www"
    return None


def _not_a_host(value: str) -> tuple[Any, str] | None:
    """What keeps the text from being the name of a host on the internet, or of this machine."""
    form = _("This is not a host name: use letters, digits, hyphens and dots.")
    if len(value) > HOSTNAME_MAX_LENGTH:
        return _("A host name has 253 characters at the most."), "hostname_length"
    labels = value.split(".")
    if any(len(label) > 63 for label in labels):
        return _("No part between two dots may have more than 63 characters."), "hostname_label"
    if not value.isascii() or not _is_decodable(value):
        return _("A host name cannot be written with these letters together."), "hostname_letters"
    if not all(_LABEL.fullmatch(label) for label in labels):
        return form, "hostname_form"
    if _NUMBER.fullmatch(labels[-1]):
        return _("The last part of a host name cannot be a number."), "hostname_number"
    if len(labels) == 1 and value != LOCALHOST:
        text = _("Give the full name, with its domain, as in “acme.example.com”.")
        return text, "hostname_single"
    return None


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value.strip("[]"))
    except ValueError:
        return False
    return True


def _is_decodable(value: str) -> bool:
    """Whether labels that are written as ``xn--…`` stand for letters."""
    if "xn--" not in value:
        return True
    try:
        return idna.encode(idna.decode(value)).decode() == value
    except UnicodeError:
        return False


def validate_clients_hostname(value: str) -> None:
    """Raise ``ValidationError`` for a name that is the console's own, or kept for it.

    Those are ``CONSOLE_DOMAIN`` and the domains above it, and the labels of
    ``RESERVED_DOMAIN_LABELS`` directly below it or beside it: who has ``admin.example.com`` can
    pass for us. ``value`` is a normalized host name.
    """
    console = normalize_hostname(settings.CONSOLE_DOMAIN)
    label, _dot, above = value.partition(".")
    if value == LOCALHOST or f".{console}".endswith(f".{value}"):
        message = _("“%(host)s” belongs to the console itself.")
    elif label in settings.RESERVED_DOMAIN_LABELS and above in (console, console.partition(".")[2]):
        message = _("“%(host)s” is kept for the console. Choose another name.")
    else:
        return
    raise ValidationError(message, code="hostname_reserved", params={"host": value})


def validate_tag(value: str) -> None:
    """Raise ``ValidationError`` unless ``value`` can stand among others with commas between."""
    if "," in value or value != " ".join(value.split()).lower():
        raise ValidationError(
            _("“%(tag)s” cannot be a tag: use lower case, and no comma."),
            code="tag",
            params={"tag": value},
        )


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones; looking them up reads some hundred files."""
    return frozenset(zoneinfo.available_timezones())


def validate_time_zone(value: str) -> None:
    """Raise ``ValidationError`` unless ``value`` is a time zone by its IANA name."""
    if value not in time_zones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Use a name such as “Europe/Berlin”."),
            code="time_zone",
            params={"name": value},
        )
