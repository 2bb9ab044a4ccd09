"""kill -9 of worker, web and PostgreSQL at random moments: see ``kill_rounds``.

Ten rounds here; ``make kill ROUNDS=100`` runs more of them, and ``SEED`` draws the same again.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from tests.tenants.kill_rounds import Rounds
from tests.tenants.kill_scene import scene
from tests.tenants.kill_truth import Whole, lies

WHOLE = Whole(version=2, tables=30, later_tables=10, objects={})
#: What a look finds of a client whose schema was made.
MADE = {
    "schema": "acme",
    "status": "active",
    "made": True,
    "version": 2,
    "id": 7,
    "kind": "create_schema",
    "state": "succeeded",
    "rollout_id": None,
    "there": True,
    "roles": 2,
    "tables": 30,
    "jobs": 0,
}
WAITS = {
    **MADE,
    **{"status": "provisioning", "made": False, "version": None, "state": "queued"},
    **{"there": False, "roles": 0, "tables": 0, "jobs": 1},
}
BEHIND = {"version": 1, "tables": 20}


@pytest.mark.parametrize(
    ("seen", "other"),
    [
        (MADE, {"there": False}),
        (MADE, {"made": False}),
        (MADE, {"roles": 1}),
        (MADE, {"tables": 29}),
        (MADE, {"tables": 20}),
        (MADE, {"version": None}),
        (MADE, {"status": "provisioning"}),
        (MADE, {"state": "running"}),
        (MADE, {"kind": "drop_schema"}),
        (MADE, {"kind": "migrate_schema", **BEHIND}),
        (MADE, {"kind": "migrate_schema", "state": "queued", "jobs": 1}),
        (WAITS, {"jobs": 0}),
        (WAITS, {"there": True}),
        (WAITS, {"status": "draft"}),
        (WAITS, {"state": "succeeded"}),
        (WAITS, {"kind": "drop_schema", "status": "archived"}),
    ],
)
def test_a_look_sees_what_is_not_so(seen: dict[str, Any], other: dict[str, Any]) -> None:
    assert lies(seen, WHOLE, before=None) == []
    assert lies({**seen, **other}, WHOLE, before=None)


@pytest.mark.processes
def test_whatever_is_killed_nothing_is_left_half_done(
    django_db_blocker: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = int(os.environ.get("ROUNDS") or "10")
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))

    def report(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)

    rng = random.Random(seed)
    with django_db_blocker.unblock(), scene(rng) as it:
        report(f"\n{rounds} rounds, SEED={seed}")
        counts = Rounds(it, rng).run(rounds, report)
        report(str(counts))
    assert counts.wrong == []
