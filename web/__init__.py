"""Pages and JSON: people and browsers."""
