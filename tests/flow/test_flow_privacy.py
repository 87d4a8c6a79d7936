"""What leaves the system by the side door: no log has the text of a post, at any level."""

from __future__ import annotations

import json
from pathlib import Path

from monitor.settings import Settings
from tests.flow.conftest import FlowResults, send
from tests.processes import ade_monitor, running, wait_for

# Words that are nowhere else, one for each way into a log.
POST = {
    "id": "7",
    "text": "zoloft gave me a headache zebrafinch",
    "author_id": "author-quokka",
    "lang": "en",
    "context": [{"kind": "parent", "text": "how is zoloft, axolotl?"}],
}
BROKEN = b'{"id": "8", "text": "zoloft narwhal'
WORDS = ("zebrafinch", "quokka", "axolotl", "narwhal")


def test_the_logs_of_worker_and_feed_have_no_text_at_debug_level(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    loud = migrated.model_copy(update={"log": migrated.log.model_copy(update={"level": "debug"})})
    send(migrated, [BROKEN])
    with running(loud, tmp_path, "worker") as worker:
        fed = ade_monitor(loud, "feed", "-", "--json", stdin=json.dumps(POST).encode())
        assert fed.returncode == 0, fed.stderr
        wait_for(lambda: len(results.alerts()) == 1, watching=worker)
        wait_for(lambda: "dead letters" in worker.output(), watching=worker)
        assert worker.stop() == 0, worker.output()
    for output in (worker.output(), fed.stderr.partition("line 1")[0]):
        assert not [word for word in WORDS if word in output]
    assert '"level": "debug"' in worker.output()
