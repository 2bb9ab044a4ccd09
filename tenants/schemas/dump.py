"""The SQL of a schema, by PostgreSQL's own pg_dump."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import make_conninfo

from console import env
from console.postgres.contexts import tenants_connection
from console.postgres.embedded import binaries
from console.postgres.embedded.errors import EmbeddedServerError

#: One that takes longer hangs (seconds).
PATIENCE = 120
_OPTIONS = (
    "--inserts",
    "--rows-per-insert=1000",
    "--no-owner",
    "--no-privileges",
    "--no-publications",
    "--no-subscriptions",
    "--no-security-labels",
    "--no-tablespaces",
    "--quote-all-identifiers",
)
# What a dump says of the session that would load it. No row of a new schema has such a line.
_OF_THE_SESSION = ("--", "SET ", "SELECT pg_catalog.set_config(", "\\restrict", "\\unrestrict")


class DumpFailed(Exception):
    """There is no pg_dump that can read this server, or it failed; the text says which."""


def dump(schema: str) -> str:
    """The statements that make all that is in the schema, but not the schema itself.

    Sees what is committed. Raises ``DumpFailed``.
    """
    parts = {
        **(env.conninfo("owner") or {}),
        "dbname": tenants_connection().settings_dict["NAME"],
    }
    # Not on the command line, which every user of the machine can read.
    password = {"PGPASSWORD": str(parts.pop("password"))} if parts.get("password") else {}
    command = [str(_pg_dump()), f"--dbname={make_conninfo(**parts)}", f'--schema="{schema}"']
    try:
        done = subprocess.run(
            [*command, *_OPTIONS],
            env={**os.environ, **password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise DumpFailed(f"pg_dump did not run: {type(exc).__name__}") from exc
    if done.returncode:
        raise DumpFailed((done.stderr.strip().splitlines() or ["pg_dump failed"])[-1])
    skipped = (*_OF_THE_SESSION, f'CREATE SCHEMA "{schema}"')
    lines = done.stdout.splitlines()
    return "\n".join(line for line in lines if line and not line.startswith(skipped))


def _pg_dump() -> Path:
    """One that is no older than the server: an older one refuses to read it."""
    with tenants_connection().cursor() as cursor:
        server = cursor.connection.info.server_version // 10000
    for version in binaries.SUPPORTED_VERSIONS:
        if version >= server:
            try:
                return binaries.wheel_bin_dir(version) / "pg_dump"
            except EmbeddedServerError:
                continue
    found = shutil.which("pg_dump")
    if found and _major_version(found) >= server:
        return Path(found)
    raise DumpFailed(f"There is no pg_dump for PostgreSQL {server}: install its client programs.")


def _major_version(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"\s(\d+)", said.stdout)
    return int(number[1]) if number else 0
