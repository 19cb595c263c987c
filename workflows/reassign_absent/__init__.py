"""Reassign (SB05): the task of somebody absent goes to a substitute, else back to the group."""

from workflows.charter_process import CharterProcess
from workflows.reassign_absent.jobs import TOPICS, cover_absence

PROCESS = CharterProcess(
    name="reassign_absent",
    ko="부재중 대신 맡기",
    en="Covering an absence",
    channels=(),
    topics=TOPICS,
    jobs={"absence.begins": cover_absence},
)
