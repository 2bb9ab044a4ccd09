"""The database engine: `ENGINE = "console.postgres.backend"`."""
