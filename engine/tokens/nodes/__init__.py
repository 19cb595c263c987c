"""What each BPMN symbol does when a token comes: one symbol, one file."""
