"""Import and export of customers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.importing.columns import Column
from console.importing.exceptions import FileError
from console.importing.results import ImportResult
from console.importing.table import Table
from console.importing.widgets import Text
from console.limits import has_feature
from tenant_data.models import Customer
from tenant_data.resources.naming import NamedResource

#: What a plan calls it.
FEATURE = "customers"


class CustomerResource(NamedResource):
    """A customer by name. Read only where the plan has customers; written out everywhere."""

    name = Column(
        attribute="name",
        widget=Text(),
        meaning=gettext_lazy("What the customer is called; capitals make no difference."),
        samples=("Harbour Bakery", "Norden Rail"),
        required=True,
        key=True,
    )
    contact_name = Column(
        attribute="contact_name",
        widget=Text(),
        meaning=gettext_lazy("Whom to ask there."),
        samples=("Mira Holt", ""),
    )
    contact_email = Column(
        attribute="contact_email",
        widget=Text(lower=True),
        meaning=gettext_lazy("Their e-mail address."),
        samples=("mira@bakery.example", ""),
    )
    contact_phone = Column(
        attribute="contact_phone",
        widget=Text(),
        meaning=gettext_lazy("Their telephone number."),
        samples=("+45 70 10 10 10", ""),
    )
    notes = Column(
        attribute="notes",
        widget=Text(),
        meaning=gettext_lazy("Anything more; may go over several lines."),
        samples=("Wants invoices by post.", ""),
    )

    class Meta:
        model = Customer
        import_id_fields = ("name",)
        fields = import_order = export_order = (
            "name",
            "contact_name",
            "contact_email",
            "contact_phone",
            "notes",
        )

    def import_data(self, dataset: Table, *args: Any, **kwargs: Any) -> ImportResult:
        """As any import. Raises ``FileError`` where the plan has no customers."""
        if not has_feature(FEATURE):
            raise FileError(
                _("Your plan does not include customers. Ask for a plan that does, then try again.")
            )
        return super().import_data(dataset, *args, **kwargs)
