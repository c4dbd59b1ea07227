"""Commands that speak to Kafka: up, demo, worker, send, status, dead, topics."""
