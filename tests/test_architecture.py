"""Who may import whom, and where the few dangerous things are called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("console", "tenants", "tenant_data")

# From what may be imported least to what may import most.
LAYERS = ["console.postgres", "tenants.schemas", "tenants.operations"]
TOP = ["tenants.admin", "tenants.management", "tenants.tasks", "tenants.resources"]

#: Modules that may ask for a right that others do not have.
OWNER_RIGHTS = {f"tenants/schemas/{name}.py" for name in ("drop", "migrate", "provision")}
PLATFORM_CONTEXT: set[str] = set()
ENQUEUE = {"tenants/operations/queue.py"}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
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


def test_jobs_are_added_in_one_place() -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in modules()
        if any(within(module, "tenants.tasks") for module in imports(path))
    }
    assert importers == ENQUEUE


@pytest.mark.parametrize("path", ALL)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tenants/management/commands").glob("[a-z]*.py")), ids=lambda p: p.stem
)
def test_every_command_is_tested(path: Path) -> None:
    tests = "".join(test.read_text() for test in (ROOT / "tests").rglob("*.py"))
    assert f'"{path.stem}"' in tests
