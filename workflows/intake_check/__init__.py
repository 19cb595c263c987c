"""Intake check (SB03): the same matter received before is found, and a person decides; never merged by itself."""

from workflows.charter_process import CharterProcess
from workflows.intake_check.jobs import TOPICS

PROCESS = CharterProcess(name="intake_check", ko="접수 확인", en="Intake check", channels=(), topics=TOPICS)
