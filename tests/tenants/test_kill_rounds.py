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

pytestmark = pytest.mark.processes


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
