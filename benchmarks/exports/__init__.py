"""Speed and memory of `ade-monitor export effects` in each format.

    python -m benchmarks.exports [--rows N]

Posts of 150 characters with one effect each are written to a Postgres of its own. Each export runs in a new
process: once with a tenth of the rows and once with all. Memory that is limited does not grow between them.
Measured are rows per second of processor time and of wall time, and the peak memory of the process.
"""
