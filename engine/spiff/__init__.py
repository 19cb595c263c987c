"""Reads a diagram into a definition or findings: the only room that imports SpiffWorkflow.

bytes -> `safe_xml` -> `normal_form` -> `check/` -> the library's schema and parser (`library`) with our `node_reader`
-> `reader` puts the definition together. What is supported is one table, `support`.
"""

from engine.spiff.circles import check_circles
from engine.spiff.known import Known, Reading
from engine.spiff.reader import process_keys, read_diagram

__all__ = ["Known", "Reading", "check_circles", "process_keys", "read_diagram"]
