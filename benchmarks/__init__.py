"""How fast and how right, as programs: each prints a table and can write JSON."""
