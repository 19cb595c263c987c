"""Reads a diagram into a definition or findings: the only room that imports SpiffWorkflow."""
