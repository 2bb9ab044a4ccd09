"""Import and export of labels."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from console.importing.columns import Column
from console.importing.widgets import OneOf, Text
from tenant_data.models import Colour, Label
from tenant_data.resources import words
from tenant_data.resources.naming import NamedResource


class LabelResource(NamedResource):
    """A label by name."""

    name = Column(
        attribute="name",
        widget=Text(),
        meaning=gettext_lazy("The word on it, without a comma; capitals make no difference."),
        samples=("urgent for client", "idea"),
        required=True,
        key=True,
        aliases=(
            "label",
            "tag",
            "title",
            "Etikett",
            "Schlagwort",
            "étiquette",
            "etiket",
            "etiqueta",
            *words.NAME,
        ),
    )
    colour = Column(
        attribute="colour",
        widget=OneOf(Colour),
        meaning=gettext_lazy("grey, red, orange, yellow, green, teal, blue, purple or pink."),
        samples=("red", "teal"),
        blank_keeps=True,
        aliases=words.COLOUR,
    )

    class Meta:
        model = Label
        import_id_fields = ("name",)
        fields = import_order = export_order = ("name", "colour")
