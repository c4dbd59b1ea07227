"""``evergauge``: what a person types. Other packages add commands by entry point."""
