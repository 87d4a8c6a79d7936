"""The streaming daemon: Kafka in, Postgres and Redis out, and the commands around it."""
