"""The database for notebooks: queries become data frames of pandas or polars, see `docs/analysis.md`.

monitor       `Monitor`: effects, cases, signals and SQL
filter_values from names and times, as people write them, to filters
frames        from rows to data frames
"""

from monitor.client.frames import FrameError
from monitor.client.monitor import Monitor, SignalWarning

__all__ = ["FrameError", "Monitor", "SignalWarning"]
