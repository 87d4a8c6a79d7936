"""Redis Streams as the broker of alerts."""
