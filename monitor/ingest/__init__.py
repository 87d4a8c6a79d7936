"""From Kafka messages to tweets: the message contract, and micro-batches."""
