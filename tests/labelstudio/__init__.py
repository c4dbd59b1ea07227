"""A real Label Studio, started by the tests in an environment of its own."""
