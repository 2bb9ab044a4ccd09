"""The staff's pages, one module per model. Importing this registers them."""

from tenants.admin import clients, domains, fleet, operations, plans, rollouts

__all__ = ["clients", "domains", "fleet", "operations", "plans", "rollouts"]
