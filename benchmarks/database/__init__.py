"""The database with many mentions: how long each documented query takes, and what a million mentions cost.

A Postgres of its own gets generated rows with the skew of real ones (`tests.generated_mentions`): 1 million
mentions, then with `--millions` more, for example up to 10. For each size:

- each query of docs/database.md, and each filter of `ade-monitor query` and `ade-monitor cases`, with p50 and
  p95 of its repetitions, in milliseconds; large and small drugs and PTs alternate;
- rows loaded per second (in the database itself, without a worker);
- batches of a worker (positive posts, `Store.write_batch`), in posts per second;
- seconds of a whole refresh of the counts for signals, and of one after a day has changed;
- bytes on disk, for each million mentions, by table.

The server keeps its defaults, apart from `random_page_cost = 1.1` and `shared_buffers` (`--buffers`). The
last line is one JSON object. The sizes stand next to each other in the table, so the growth is visible.
"""
