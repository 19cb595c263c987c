"""What may be deployed: one family of rules a file."""
