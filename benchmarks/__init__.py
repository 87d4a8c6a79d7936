"""Benchmarks. Each is a package with a command, and each has a quick run that ends within 50 s.

python -m benchmarks.inference    scoring tweets, compared with transformers' pipelines
python -m benchmarks.end_to_end   a backlog in Kafka, a worker, and rows in Postgres
python -m benchmarks.training     epochs with the frozen trunk's states kept, compared with epochs without
python -m benchmarks.performance_page  all tables of docs/performance.md, for two kinds of processors
python -m benchmarks.normalizer   the hybrid Normalizer on dictionaries of growing size
python -m benchmarks.broker_memory  what the embedded broker keeps of each message
python -m benchmarks.soak         whether memory, files, connections or waiting alerts grow over hours
python -m benchmarks.signals      coverage of intervals, false alarms, and the cost of measures and refreshes
python -m benchmarks.database     the documented queries, loads and refreshes of databases of growing size
python -m benchmarks.exports      the formats of exports: rows per second, and memory
python -m benchmarks.enrich       what each step of the enrichment costs per post
python -m benchmarks.labels       how well the effects of drug labels are found
python -m benchmarks.connect      how fast connectors are
python -m benchmarks.language     detectors of languages on short posts about medicines
python -m benchmarks.ingest       posts of every source and format, a stream of 5 GB, a decompression bomb

Run them from the root of the repository. Ratios are between cases of the same run, which take turns, so that
other work on the machine slows all of them. The last line of the output is one JSON object.
"""
