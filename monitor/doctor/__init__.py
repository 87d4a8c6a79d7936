"""What `ade-monitor doctor` asks: one probe for each thing that the monitor depends on."""

from monitor.doctor.checkup import Probe, ProbeResult, check_up
from monitor.doctor.probes import probes_for

__all__ = ["ProbeResult", "Probe", "check_up", "probes_for"]
