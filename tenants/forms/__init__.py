"""Forms of the clients' and domains' pages."""

from tenants.forms.clients import ClientForm, free_schema_name
from tenants.forms.domains import ClientDomainForm, ClientDomainFormSet, DomainForm

__all__ = [
    "ClientDomainForm",
    "ClientDomainFormSet",
    "ClientForm",
    "DomainForm",
    "free_schema_name",
]
