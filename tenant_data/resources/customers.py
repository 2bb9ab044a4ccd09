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
from tenant_data.resources import words
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
        aliases=(
            "customer",
            "customer name",
            "company",
            "company name",
            "organization",
            "organisation",
            "account name",
            "Kunde",
            "Firma",
            "Unternehmen",
            "client",
            "société",
            "entreprise",
            "virksomhed",
            "cliente",
            "empresa",
            *words.NAME,
        ),
    )
    contact_name = Column(
        attribute="contact_name",
        widget=Text(),
        meaning=gettext_lazy("Whom to ask there."),
        samples=("Mira Holt", ""),
        aliases=(
            "contact",
            "contact person",
            "full name",
            "Ansprechpartner",
            "Kontakt",
            "Kontaktperson",
            "personne à contacter",
            "contacto",
            "contato",
        ),
    )
    contact_email = Column(
        attribute="contact_email",
        widget=Text(lower=True),
        meaning=gettext_lazy("Their e-mail address."),
        content="email",
        samples=("mira@bakery.example", ""),
        aliases=(
            "email",
            "e-mail",
            "email address",
            "e-mail address",
            "contact e-mail",
            "mail",
            "E-Mail-Adresse",
            "adresse e-mail",
            "courriel",
            "e-mailadresse",
        ),
    )
    contact_phone = Column(
        attribute="contact_phone",
        widget=Text(),
        meaning=gettext_lazy("Their telephone number."),
        samples=("+45 70 10 10 10", ""),
        aliases=(
            "phone",
            "phone number",
            "telephone",
            "telephone number",
            "mobile",
            "Telefon",
            "Telefonnummer",
            "Tel",
            "téléphone",
            "telefone",
        ),
    )
    notes = Column(
        attribute="notes",
        widget=Text(),
        meaning=gettext_lazy("Anything more; may go over several lines."),
        samples=("Wants invoices by post.", ""),
        aliases=(
            "note",
            "comments",
            "remarks",
            "description",
            "Notizen",
            "Bemerkungen",
            "Beschreibung",
            "remarques",
            "noter",
            "bemærkninger",
            "notas",
            "observações",
        ),
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
