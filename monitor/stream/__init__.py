"""The worker: micro-batches from Kafka through the model into the database, acknowledged in order.

`app` and `worker` need Faust; the stages themselves do not.
"""
