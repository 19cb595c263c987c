"""Notify (SB01): one mail into the outbox; a person tells the customer another way when it does not arrive."""

from workflows.charter_process import CharterProcess

PROCESS = CharterProcess(name="notify", ko="안내", en="Notice", channels=())
