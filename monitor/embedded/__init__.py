"""The local stack: a broker, a Postgres and a Valkey that the monitor starts by itself, on loopback.

`running` adds the workers for `ade-monitor up`, and `sample_run` the sample tweets of `ade-monitor demo`.
"""

from monitor.embedded.broker import Broker
from monitor.embedded.endpoints import Endpoints, missing_stack, read_endpoints, running_stack
from monitor.embedded.postgres import Postgres
from monitor.embedded.running import RunningMonitor, running_monitor
from monitor.embedded.servers import PROGRAMS, find_program, free_port
from monitor.embedded.stack import EmbeddedStack
from monitor.embedded.valkey import Valkey
from monitor.embedded.workers import SupervisedWorker, environment_of

__all__ = [
    "PROGRAMS",
    "Broker",
    "EmbeddedStack",
    "Endpoints",
    "Postgres",
    "RunningMonitor",
    "SupervisedWorker",
    "Valkey",
    "environment_of",
    "find_program",
    "free_port",
    "missing_stack",
    "read_endpoints",
    "running_monitor",
    "running_stack",
]
