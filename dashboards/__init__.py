"""Grafana as Python: each dashboard a file, its JSON generated and proven fresh."""
