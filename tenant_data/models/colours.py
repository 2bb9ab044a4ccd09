"""The colours by which people tell projects and labels apart."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Colour(models.TextChoices):
    """A few that can be told apart, in both themes: what they look like is in the style sheet."""

    GREY = "grey", _("Grey")
    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    YELLOW = "yellow", _("Yellow")
    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    PURPLE = "purple", _("Purple")
    PINK = "pink", _("Pink")


class ColourField(models.CharField):
    """One of the colours; a change of the list is no change of the table."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("verbose_name", _("colour"))
        kwargs.setdefault("max_length", 10)
        kwargs.setdefault("choices", Colour.choices)
        super().__init__(*args, **kwargs)
