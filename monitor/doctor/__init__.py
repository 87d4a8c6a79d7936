"""The checks of `ade-monitor doctor`: one probe for each dependency of the monitor.

checkup       how probes run
probes        the probes of the bundle, the broker, the database and Redis
stack_probes  those of the embedded stack
"""

from monitor.doctor.checkup import Probe, ProbeResult, run_probes
from monitor.doctor.probes import probes_for

__all__ = ["Probe", "ProbeResult", "probes_for", "run_probes"]
