"""Whether anything grows while a worker runs for long: memory, open files, threads, connections, outbox, lag.

Starts the whole stack on loopback in a temporary folder, and feeds posts at a bounded rate for `--minutes`.
Every few seconds it samples the worker: memory (RSS), open handles, threads, its connections to Postgres and
Redis, the alerts in the outbox, and the lag (posts that were sent and are not stored). `--restart` restarts
Postgres, Redis or the worker meanwhile, one after the other.

With `--backlog N`, it fills the topic with N posts before the worker starts, and samples until all are read.
By default, this uses the dummy model, whose predictions cost nothing: what is in question is the way of a
post to the database, and how many posts wait does not matter to a model.

For each quantity it prints the median of the first and of the last third, and the slope with its 95%
interval, for an hour, or for a million posts of a backlog. It says "flat" only if the whole interval lies
within a limit, and "not clear" if the run was too short to show that. The first minutes are left out, because
caches and pools fill in them; the cache of predictions is kept small, so that it is full by then. After the
worker was restarted, the longest run of one process counts.

Ctrl-C ends it early, and prints what there is. The last line is one JSON object.
"""
