"""The only place that knows Kafka and Faust."""
