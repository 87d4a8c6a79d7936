"""The whole way of a tweet on this machine: a backlog in Kafka, one worker, and rows in Postgres.

Starts its own embedded stack in a temporary folder. Measures a bundle and the dummy model, whose predictions
cost nothing, so that it shows how much the rest of the worker can carry:

- tweets per second for a backlog, until the last batch is committed: from the first batch for the dummy
  model, whose backlog is sent before it starts, and from the first tweet sent for the bundle;
- seconds from the producer's send to the committed row, p50 and p95, at half of that rate (Postgres' commit
  timestamps minus the tweets' `created_at`);
- peak memory of the worker, and with the dummy model whether memory stays flat over a long backlog.

The baseline is the engine alone: the same bundle, texts, threads and precision through `models.stream` in
this process, alternating with the worker. The ratio is the median of the rounds' ratios. The CPU time of a
tweet is measured in the same rounds, for the worker's process and for the engine; other work on the machine
changes it less. Both run without the cache of predictions. The last line is one JSON object.
"""
