"""The database edge: who a statement runs as, and where it looks for tables."""
