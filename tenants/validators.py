"""What a schema name and a host name may look like."""

from __future__ import annotations

import re
import zoneinfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SCHEMA_NAME_MAX_LENGTH = 40
SCHEMA_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{SCHEMA_NAME_MAX_LENGTH - 1}}}")

PUBLIC_SCHEMA = "public"
RESERVED_SCHEMA_NAMES = frozenset({PUBLIC_SCHEMA, "console", "default", "information_schema"})
# `pg_` is PostgreSQL's own; the others are prefixes of schemas that the console makes itself.
RESERVED_SCHEMA_PREFIXES = ("pg_", "template_", "doctor_")

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


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
    """A host name in the one spelling that is stored: lower case, no blanks, no final dot."""
    return value.strip().lower().removesuffix(".")


def validate_hostname(value: str) -> None:
    """Raise ``ValidationError`` unless ``value`` is a bare, normalized host name."""
    if "://" in value or "/" in value:
        raise ValidationError(
            _("Give the host name alone, without “https://” and without a path."),
            code="hostname_url",
        )
    if ":" in value:
        raise ValidationError(_("Give the host name without a port."), code="hostname_port")
    if value.startswith("www."):
        raise ValidationError(
            _("Leave out “www.”: it is taken off every address."), code="hostname_www"
        )
    labels = value.split(".")
    if len(value) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValidationError(
            _("This is not a host name: use letters, digits, hyphens and dots."),
            code="hostname_form",
        )
    if labels[-1].isdigit():
        raise ValidationError(
            _("An IP address cannot be a client's address."), code="hostname_address"
        )


def validate_tag(value: str) -> None:
    """Raise ``ValidationError`` unless ``value`` can stand among others with commas between."""
    if "," in value or value != " ".join(value.split()).lower():
        raise ValidationError(
            _("“%(tag)s” cannot be a tag: use lower case, and no comma."),
            code="tag",
            params={"tag": value},
        )


def validate_time_zone(value: str) -> None:
    """Raise ``ValidationError`` unless ``value`` is a time zone by its IANA name."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Use a name such as “Europe/Berlin”."),
            code="time_zone",
            params={"name": value},
        )
