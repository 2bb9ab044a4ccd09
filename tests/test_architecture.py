"""Who may import whom, where the few dangerous things are called, and what tables may be like."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import DO_NOTHING, ForeignKey

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("console", "tenants", "tenant_data")

# From what may import least to what may import most.
LAYERS = ["console.postgres", "tenants.models", "tenants.schemas", "tenants.operations"]
TOP = ["tenants.admin", "tenants.management", "tenants.tasks", "tenants.resources"]

#: Modules that may ask for a right that others do not have.
OWNER_RIGHTS = {
    f"tenants/schemas/{name}.py"
    for name in ("drop", "inspect", "migrate", "provision", "records", "rights", "template")
}
PLATFORM_CONTEXT = {
    "console/company/queue.py",
    "console/importing/provider.py",
    "console/importing/queue.py",
    *(f"tenants/operations/{name}.py" for name in ("activity", "own_settings", "plan_of_tenant")),
}
#: The one module that may add the jobs of each module of tasks.
ENQUEUE = {
    "tenants.tasks": {"tenants/operations/queue.py"},
    "console.company.tasks": {"console/company/queue.py"},
    "console.importing.tasks": {"console/importing/queue.py"},
}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """What a module imports, anywhere in it; relative imports by their full names."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
            module = node.module or ""
            if node.level:
                module = f"{start}.{module}".rstrip(".")
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


ALL = [pytest.param(path, id=name_of(path)) for path in modules()]


@pytest.mark.parametrize("path", ALL)
def test_the_two_sides_do_not_know_each_other(path: Path) -> None:
    other = {"tenants": "tenant_data", "tenant_data": "tenants"}
    side = name_of(path).split(".")[0]
    if side in other:
        assert not [module for module in imports(path) if within(module, other[side])]


@pytest.mark.parametrize("path", ALL)
def test_imports_go_down(path: Path) -> None:
    name = name_of(path)
    for level, layer in enumerate(LAYERS):
        if within(name, layer):
            above = [*LAYERS[level + 1 :], *TOP]
            # The queue has to name the job that it adds.
            allowed = {"tenants.tasks"} if name == "tenants.operations.queue" else set()
            wrong = {m for m in imports(path) for up in above if within(m, up)}
            assert not {m for m in wrong if not any(within(m, a) for a in allowed)}


@pytest.mark.parametrize("path", [p for p in ALL if within(p.id, "console.postgres")])
def test_the_database_edge_knows_nothing_of_ours(path: Path) -> None:
    ours = {m for m in imports(path) if any(within(m, package) for package in PACKAGES)}
    assert not {m for m in ours if not within(m, "console.postgres")} - {"console"}


def test_relative_imports_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The launcher and the embedded server use them."""
    path = ROOT / "console/postgres/embedded/server.py"
    assert "console.postgres.embedded.places" in imports(path)


def users_of(name: str) -> set[str]:
    """The modules that call the function of this name, as paths below the root."""
    found = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = node.func
                called_name = getattr(called, "id", getattr(called, "attr", ""))
                if called_name == name:
                    found.add(str(path.relative_to(ROOT)))
    return found


def test_owner_rights_are_taken_in_few_places() -> None:
    assert users_of("owner_rights") - {"console/postgres/contexts.py"} == OWNER_RIGHTS


def test_the_platform_is_reached_from_tenants_in_few_places() -> None:
    assert users_of("platform_context") == PLATFORM_CONTEXT


@pytest.mark.parametrize("tasks", ENQUEUE)
def test_jobs_are_added_in_one_place(tasks: str) -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in modules()
        if any(within(module, tasks) for module in imports(path))
    }
    assert importers == ENQUEUE[tasks]


def test_every_module_of_tasks_is_known() -> None:
    found = {path.removesuffix(".py").replace("/", ".") for path in users_of("task")}
    assert found == set(ENQUEUE)


TESTS = sorted((ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("path", [*ALL, *(pytest.param(path, id=name_of(path)) for path in TESTS)])
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


#: Words that begin a change of the database's structure or of rights to it.
DDL = re.compile(
    r"\s*(CREATE|ALTER|DROP|GRANT|REVOKE|TRUNCATE|REASSIGN|COMMENT ON|SET ROLE|RESET ROLE)\s+"
    r"(OR REPLACE|TABLE|SCHEMA|ROLE|USER|INDEX|UNIQUE|VIEW|MATERIALIZED|FUNCTION|TRIGGER|TYPE|"
    r"SEQUENCE|DATABASE|EXTENSION|DEFAULT|ALL|SELECT|INSERT|USAGE|CREATE|TEMP|OWNED|\{|%)"
)
# The doctor tries, as the web login, what the database has to refuse.
DDL_ROOMS = ("tenants.schemas", "console.postgres", "console.doctor.boundaries")


def statements(path: Path) -> Iterator[str]:
    """Every text in a module that is not a docstring."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.value


def test_ddl_is_in_few_rooms() -> None:
    found = {name_of(path) for path in modules() if any(map(DDL.match, statements(path)))}
    assert found, "the expression finds none at all"
    assert not {name for name in found if not any(within(name, room) for room in DDL_ROOMS)}
    editors = {name.removesuffix(".py").replace("/", ".") for name in users_of("schema_editor")}
    assert not {name for name in editors if not any(within(name, room) for room in DDL_ROOMS)}


# --- Tables ---------------------------------------------------------------------------------


def apps_of(names: list[str]) -> set[str]:
    return {config.label for config in apps.get_app_configs() if config.name in names}


def foreign_keys(labels: set[str]) -> Iterator[ForeignKey[Any, Any]]:
    """Of every table of these apps, those between two tables of a many-to-many field too."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in labels:
            for field in model._meta.local_fields:
                if isinstance(field, ForeignKey):
                    yield field


IN_TENANTS = apps_of(settings.TENANT_APPS)
IN_PUBLIC_ALONE = apps_of(settings.SHARED_APPS) - IN_TENANTS


def test_no_tenants_table_leads_to_public() -> None:
    assert "tenants" in IN_PUBLIC_ALONE
    assert {"tenant_data", "accounts", "history"} <= IN_TENANTS
    wrong = [
        str(field)
        for field in foreign_keys(IN_TENANTS)
        if field.related_model._meta.app_label not in IN_TENANTS
    ]
    assert wrong == []


def test_deleting_a_user_never_reaches_a_table_of_public_alone() -> None:
    """User 1 of a tenant and user 1 of the staff are different people; see docs/architecture.md."""
    to_user = [f for f in foreign_keys(IN_PUBLIC_ALONE) if f.related_model is get_user_model()]
    assert to_user, "operations name who asked"
    assert [str(f) for f in to_user if f.remote_field.on_delete is not DO_NOTHING] == []
    assert [str(f) for f in to_user if f.db_constraint] == []
    assert [str(f) for f in to_user if not f.remote_field.hidden] == []


@pytest.mark.parametrize("schema", ["public", "alpha"])
def test_every_table_has_a_primary_key(schema: str, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)"
            " FROM pg_class c WHERE relkind IN ('r', 'p')"
            " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)",
            [schema],
        )
        tables = dict(cursor.fetchall())
    assert len(tables) > 5
    assert [name for name, has_key in tables.items() if not has_key] == []


# --- Commands -------------------------------------------------------------------------------

#: What runs a command in a test, by its name as the first argument that is a text.
RUNNERS = {"call_command", "run", "manage", "type_in"}


def commands_run(tree: ast.AST) -> set[str]:
    """Names that are given to a runner, or to a parametrized test that gives them to one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and runner_of(node):
            found |= set(texts(*node.args[:3]))
        if isinstance(node, ast.FunctionDef):
            calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and runner_of(n)]
            if any(isinstance(arg, ast.Name) for call in calls for arg in call.args[:2]):
                found |= set(texts(*node.decorator_list))
    return found


def runner_of(call: ast.Call) -> bool:
    return getattr(call.func, "id", getattr(call.func, "attr", "")) in RUNNERS


def texts(*nodes: ast.AST) -> Iterator[str]:
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


COMMANDS_RUN = {
    name
    for test in (ROOT / "tests").rglob("*.py")
    for name in commands_run(ast.parse(test.read_text()))
}


@pytest.mark.parametrize(
    "name", sorted(p.stem for p in (ROOT / "tenants/management/commands").glob("[a-z]*.py"))
)
def test_every_command_is_tested(name: str) -> None:
    assert name in COMMANDS_RUN


def test_naming_a_command_is_not_testing_it() -> None:
    assert not commands_run(ast.parse('NAMES = ["worker"]\nassert "worker" in NAMES'))
    assert commands_run(ast.parse('manage(console, "worker")')) == {"worker"}
