"""Signals: how often their intervals and alarms are right, and what their measures and refreshes cost.

    python -m benchmarks.signals [--quick] [--cases measure,refresh]

Each case is also a command of its own, which prints a JSON line for each setting:

python -m benchmarks.signals.measure_case   all measures of a table of pairs
python -m benchmarks.signals.coverage_case  how often corrected intervals cover the truth of simulated weeks
python -m benchmarks.signals.drift_case     false and true alarms of the test for drift of precision
python -m benchmarks.signals.burst_case     false and true alarms of the rules for bursts and changes
python -m benchmarks.signals.refresh_case   the refresh of the stored tables
python -m benchmarks.signals.sample_case    the weekly random sample of the review
"""
