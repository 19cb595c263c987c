"""Alembic versions, expand before contract."""
