"""Plans from files."""

from __future__ import annotations

from decimal import Decimal

import pytest

from console.history.models import LogEntry
from console.importing.exceptions import FileError
from console.importing.files import import_file
from tenants.models import Plan
from tenants.resources import PlanResource
from tests.tenants.files import errors, exported

pytestmark = pytest.mark.usefixtures("db")

FULL = (
    "code,name,description,price,currency,billing_period,max_users,max_projects,max_tasks,"
    "max_storage_mb,features,position,is_retired\n"
    'gold,Gold,"Most of it, =1+1",1250.5,CHF,Yearly,25,,0,5120,"Branding, time-tracking",30,yes\n'
)


class TestPlan:
    def test_has_all_its_fields(self) -> None:
        assert import_file(PlanResource, FULL.encode()).new == 1
        plan = Plan.objects.get(code="gold")
        assert (plan.price, plan.currency) == (Decimal("1250.50"), "CHF")
        assert (plan.billing_period, plan.position, plan.is_retired) == ("year", 30, True)
        assert plan.features == ["branding", "time_tracking"]
        limits = (plan.max_users, plan.max_projects, plan.max_tasks, plan.max_storage_mb)
        assert limits == (25, None, 0, 5120)

    def test_an_export_imported_again_changes_nothing(self) -> None:
        import_file(PlanResource, FULL.encode())
        Plan.objects.create(code="bare", name="-Bare", features=["time_tracking", "branding"])
        result = import_file(PlanResource, exported(PlanResource))
        assert (errors(result), result.new, result.changed) == ([], 0, 0)
        assert result.unchanged == Plan.objects.count()

    def test_an_empty_cell_empties_what_can_be_empty_and_leaves_the_rest(self) -> None:
        import_file(PlanResource, FULL.encode())
        header, _row = FULL.splitlines()
        result = import_file(PlanResource, f"{header}\ngold,Gold,,,,,,,,,,,\n".encode())
        assert result.changed == 1
        plan = Plan.objects.get(code="gold")
        assert (plan.description, plan.max_users, plan.features) == ("", None, [])
        assert (plan.currency, plan.billing_period, plan.is_retired) == ("CHF", "year", True)
        assert "max_users (1)" in result.notes[0]

    def test_a_column_that_is_absent_leaves_what_is_there(self) -> None:
        import_file(PlanResource, FULL.encode())
        assert import_file(PlanResource, b"code,name\ngold,Silver\n").changed == 1
        plan = Plan.objects.get(code="gold")
        assert (plan.name, plan.max_users, plan.is_retired) == ("Silver", 25, True)

    @pytest.mark.parametrize(
        "price", ["12,50,1", "free", "NaN", "1e400", "-1", "1_0", "12345678.0"]
    )
    def test_needs_an_amount(self, price: str) -> None:
        result = import_file(PlanResource, f'code,name,price\nx,X,"{price}"\n'.encode())
        assert [error[0] for error in errors(result)] == ["price"]

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("max_users", "-1"),
            ("max_tasks", "1.5"),
            ("max_projects", "many"),
            ("max_storage_mb", "9999999999"),
            ("max_users", "9" * 40),
            ("max_users", "٣"),
            ("position", "40000"),
            ("features", "flying"),
            ("billing_period", "week"),
            ("is_retired", "perhaps"),
            ("currency", "eur"),
            ("name", ""),
            ("description", "a\x00b"),
        ],
    )
    def test_says_which_cell_is_wrong(self, column: str, value: str) -> None:
        cells = {"code": "x", "name": "X", column: value}
        content = f"{','.join(cells)}\n{','.join(cells.values())}\n"
        if "\x00" in value:
            content = f"code,name,{column}\nx,X,{value}\n"
            with pytest.raises(FileError):
                import_file(PlanResource, content.encode())
            return
        assert [error[0] for error in errors(import_file(PlanResource, content.encode()))] == [
            column
        ]
        assert not Plan.objects.filter(code="x").exists()

    def test_its_changes_are_in_the_history(self) -> None:
        import_file(PlanResource, FULL.encode())
        import_file(PlanResource, b"code,name\ngold,Silver\n")
        changed, added = LogEntry.objects.about(Plan.objects.get(code="gold"))
        assert changed.changes == {"name": ["Gold", "Silver"]}
        assert added.action == LogEntry.Action.CREATE
