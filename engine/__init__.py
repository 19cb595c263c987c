"""BPMN processes that survive: knows no charter, no HTTP. What can be asked of it stands in `engine/commands.py`."""
