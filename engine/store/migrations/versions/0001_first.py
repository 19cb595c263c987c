"""Create every table of the first release, engine and workflows alike: whatever nouns have joined the metadata."""

from alembic import op

from engine.store.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
