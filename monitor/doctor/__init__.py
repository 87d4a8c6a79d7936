"""What `ade-monitor doctor` asks: one probe for each thing that the monitor depends on."""

from monitor.doctor.checkup import Finding, Probe, check_up
from monitor.doctor.probes import probes_for

__all__ = ["Finding", "Probe", "check_up", "probes_for"]
