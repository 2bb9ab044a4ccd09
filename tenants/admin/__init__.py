"""The staff's pages, one module per model. Importing this registers them."""

from tenants.admin import clients, domains, operations, plans, rollouts

__all__ = ["clients", "domains", "operations", "plans", "rollouts"]
