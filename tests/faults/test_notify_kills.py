"""`ade-monitor notify` is killed again and again, and its receiver fails often: no alert is lost."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Final

import redis

from monitor.notify import RouteKeys
from monitor.settings import Settings
from tests.faults.conftest import TANSU
from tests.faults.damage import Damage
from tests.faults.load import PATIENCE, Load
from tests.faults.report import FaultReport
from tests.faults.stored_rows import stream_alerts
from tests.monitor.notify.receivers import CLOSE, HALF, KEY, Answer, webhook_receiver
from tests.monitor.notify.running import webhook
from tests.processes import RunningCommand, running, wait_for

KILLS: Final = 4
FAILURES: Final[tuple[Answer, ...]] = (500, 503, CLOSE, HALF, (429, {"Retry-After": "0"}))
RULE: Final = '[[rule]]\nname = "all"\nroute = "hook"\n'


def test_kills_of_notify_with_a_receiver_that_fails_half_of_the_time_lose_no_alert(
    migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    random_ = random.Random(16)
    with webhook_receiver() as hook, redis.Redis.from_url(migrated.redis.url.get_secret_value()) as client:
        hook.answers.extend(random_.choice(FAILURES) if random_.random() < 0.5 else 204 for _ in range(5_000))
        settings = _with_route(migrated, tmp_path, webhook(hook))

        def notify(number: int) -> RunningCommand:
            return RunningCommand(
                settings, tmp_path / f"notify {number}", "notify", "--from-start", extra={"HOOK_KEY": KEY}
            )

        with running(settings, tmp_path, "worker") as worker:
            with Load(settings, pause=0.5) as load:
                process = notify(0)
                for kill in range(1, KILLS + 1):
                    before = len(hook.taken)
                    wait_for(lambda before=before: len(hook.taken) > before, PATIENCE, watching=process)
                    time.sleep(random_.uniform(0.0, 0.5))
                    process.kill()
                    if kill < KILLS:  # the last one waits until the lease of the killed one ends
                        client.delete(RouteKeys(settings.alerts.stream, "hook").lease)
                    process = notify(kill)
            load.wait_until_done(settings, worker)
            assert worker.stop() == 0, worker.output()
        published = {alert["alert_id"] for alert in stream_alerts(settings)}
        hook.answers.clear()  # it has recovered
        recovered = time.monotonic()
        wait_for(lambda: published <= set(hook.alert_ids()), PATIENCE, watching=process)
        recovery_s = time.monotonic() - recovered
        assert process.stop() == 0, process.output()
    taken = Counter(hook.alert_ids())
    # Only what was being sent at a kill, or was taken without an answer, may come twice.
    repeated = taken.total() - len(taken)
    damage = Damage(lost=len(published - set(taken)), doubled=max(0, repeated - KILLS))
    fault = f"SIGKILL of notify, and a receiver that fails half of the time ({repeated} alerts came twice)"
    report.add(fault, damage, broker=TANSU, runs=KILLS, recovery_s=recovery_s)
    assert damage == Damage(0, 0)
    assert set(taken) == published
    assert len(hook.seen) > len(hook.taken)


def _with_route(settings: Settings, folder: Path, route: str) -> Settings:
    """Return settings with one rule, whose alerts all go to a route."""
    path = folder / "rules.toml"
    path.write_text(RULE + route, encoding="utf-8")
    alerts = settings.alerts.model_copy(update={"rules": path, "relay_interval": 0.3})
    return settings.model_copy(update={"alerts": alerts})
