"""The token game: rows in, rows out. No SQL, no clock, no SpiffWorkflow; one BPMN symbol, one file in `nodes/`."""
