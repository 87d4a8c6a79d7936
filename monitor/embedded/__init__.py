"""The local stack: a broker, a Postgres and a Valkey that the monitor starts by itself, on loopback.

running           the whole monitor of `ade-monitor up`: the servers and the workers
shutdown_signals  how Ctrl-C and SIGTERM stop it
stack             the servers together, under the lock of their data folder
servers           what the servers share: their programs, their ports, their start
broker            Tansu, which keeps its topics in memory; what would be lost with it
apache_kafka      Apache Kafka, which keeps them on disk
java              the Java that runs it
postgres          PostgreSQL
cluster           the files of a PostgreSQL cluster
valkey            Valkey
workers           worker processes
worker_log        the troubles in their logs
restarts          what ended is started again
capacity          space on the disk, and memory of the broker
process           child processes
launch            the script that turns itself into a child
folder            the data folder and its lock
endpoints         the addresses, for commands in another terminal
sample_run        the sample tweets of `ade-monitor demo`
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
