"""The checks of `ade-monitor doctor`: one probe for each dependency of the monitor."""

from monitor.doctor.checkup import Probe, ProbeResult, run_probes
from monitor.doctor.probes import probes_for

__all__ = ["Probe", "ProbeResult", "probes_for", "run_probes"]
