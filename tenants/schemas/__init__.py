"""Schemas: the only DDL there is. Knows nothing of requests, users or operations."""
