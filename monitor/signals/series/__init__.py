"""Series of cases per mention of the drug: weekly rates, bursts, changes, first-seen and rising pairs.

All of them are functions of counts by UTC day. None reads a clock or a database.
"""

from monitor.signals.series.bursts import Burst, find_bursts
from monitor.signals.series.change_points import RateChange, find_changes
from monitor.signals.series.daily_series import DailySeries, WeekCounts, fill_days, weekly
from monitor.signals.series.new_pairs import FirstSeen, find_first_seen
from monitor.signals.series.rising import PeriodCounts, RateRatios, compare_periods

__all__ = [
    "Burst",
    "DailySeries",
    "FirstSeen",
    "PeriodCounts",
    "RateChange",
    "RateRatios",
    "WeekCounts",
    "compare_periods",
    "fill_days",
    "find_bursts",
    "find_changes",
    "find_first_seen",
    "weekly",
]
