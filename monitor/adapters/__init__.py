"""The outside, one system a module; wired in ``monitor.build`` alone."""
