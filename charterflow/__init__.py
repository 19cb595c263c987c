"""Charterflow: every clause of a service charter as a live BPMN process. This package alone sees all the others."""

__version__ = "0.1.0"
