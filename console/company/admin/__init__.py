"""The company's pages: its settings, and taking its data out. Importing this registers them."""

from console.company.admin import exports, settings

__all__ = ["exports", "settings"]
