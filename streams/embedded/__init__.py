"""A real Kafka and a real ClickHouse engine for a laptop, a demo and the tests: nothing to install by hand."""
