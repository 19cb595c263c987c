"""Connection, schema, migrations."""
