"""Escalate (SB02): warns when a promise is at risk, and asks the manager why when it was breached."""

from workflows.charter_process import CharterProcess
from workflows.escalate.jobs import TOPICS

PROCESS = CharterProcess(name="escalate", ko="기한 알림", en="Deadline notices", channels=(), topics=TOPICS)
