"""The web console: a REST API and pages over one desk, for people who review."""
