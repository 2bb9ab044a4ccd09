"""Fields that more than one column of a form is made of, or that need to be looked through."""

from __future__ import annotations

import json
import re
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from tenants.branding.images import CONTENT_TYPES, clean_logo
from tenants.validators import TAGS_AT_MOST, validate_tag, validate_time_zone

TAG_LENGTH = 40
_HEX = re.compile(r"[0-9a-f]{3}|[0-9a-f]{6}")

#: Where people live. The rest of the IANA list are old names for these, and offsets.
_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


class TagsField(forms.CharField):
    """Tags as one line of text with commas; a sorted list of them, each once, as a value."""

    def __init__(self, *, known: Callable[[], Iterable[str]] = tuple, **kwargs: Any) -> None:
        """``known`` gives the tags to suggest; it is called when a form is made."""
        self.known = known
        widget = UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"})
        limit = TAGS_AT_MOST * (TAG_LENGTH + 2)
        super().__init__(**{"widget": widget, "max_length": limit, **kwargs})

    def suggest(self) -> None:
        self.widget.attrs["data-known-tags"] = json.dumps(list(self.known()))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        text = super().to_python(value)
        tags = {" ".join(tag.split()).lower() for tag in text.split(",")} - {""}
        return sorted(tags)

    def run_validators(self, value: Any) -> None:
        super().run_validators(",".join(value))
        if len(value) > TAGS_AT_MOST:
            raise ValidationError(
                ngettext(
                    "Give %(n)d tag at the most.", "Give %(n)d tags at the most.", TAGS_AT_MOST
                ),
                code="too_many_tags",
                params={"n": TAGS_AT_MOST},
            )
        for tag in value:
            validate_tag(tag)
            if len(tag) > TAG_LENGTH:
                raise ValidationError(
                    _("“%(tag)s…” is too long for a tag: %(n)d characters at the most."),
                    code="long_tag",
                    params={"tag": tag[:TAG_LENGTH], "n": TAG_LENGTH},
                )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(initial or ()) != self.to_python(data)


class ColourInput(UnfoldAdminTextInputWidget):
    """A colour as text, and beside it the browser's own way to pick one."""

    template_name = "tenants/widgets/colour.html"


class ColourField(forms.CharField):
    """A colour as ``#2563eb``; the forms that people copy from elsewhere are taken too."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        super().__init__(**{"widget": ColourInput(attrs), **kwargs})

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value).lower()
        digits = text.removeprefix("#")
        if _HEX.fullmatch(digits):
            return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))
        return text


class LogoInput(AdminFileWidget):
    template_name = "tenants/widgets/logo.html"

    def is_initial(self, value: Any) -> bool:
        # The storage has no addresses; Django would ask for one.
        return bool(value) and getattr(value, "_committed", False)


class LogoField(forms.FileField):
    """A picture; what comes out is written anew, see ``tenants.branding.images``."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"accept": ",".join(CONTENT_TYPES.values())}
        super().__init__(**{"widget": LogoInput(attrs), "required": False, **kwargs})

    def to_python(self, data: Any) -> Any:
        file = super().to_python(data)
        return None if file is None else clean_logo(file)


class TimeZoneInput(UnfoldAdminSelect2Widget):
    template_name = "tenants/widgets/time_zone.html"


class TimeZoneField(forms.ChoiceField):
    """A time zone, chosen from a list that can be searched."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=lambda: time_zone_choices(timezone.localdate()),
            widget=TimeZoneInput(),
            **kwargs,
        )

    def keep(self, name: str) -> None:
        """Offer this one too: what a file gave need not be among those that are listed."""
        listed = {zone for _region, zones in self.choices for zone, _label in zones}
        if name and name not in listed:
            self.choices = [(_("As it is"), [(name, name)]), *self.choices]

    def validate(self, value: Any) -> None:
        """Any name that PostgreSQL and Python know will do, whether it is listed or not."""
        forms.Field.validate(self, value)
        validate_time_zone(value)


@lru_cache(maxsize=2)
def time_zone_choices(day: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """Time zones by region, each with its distance from UTC at noon of the day."""
    noon = datetime(day.year, day.month, day.day, 12)
    regions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(zoneinfo.available_timezones()):
        region, _slash, place = name.partition("/")
        if region in _REGIONS and place:
            offset = noon.replace(tzinfo=zoneinfo.ZoneInfo(name)).strftime("%z")
            label = f"{name.replace('_', ' ')} (UTC{offset[:3]}:{offset[3:5]})"
            regions[region].append((name, label))
    return [("UTC", [("UTC", "UTC")]), *regions.items()]
