"""Import and export of plans, of domains, and of clients with all that is known of them."""

from tenants.resources.clients import ClientResource
from tenants.resources.domains import DomainResource
from tenants.resources.plans import PlanResource

__all__ = ["ClientResource", "DomainResource", "PlanResource"]
