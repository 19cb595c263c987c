"""Wait for the customer (SB04): asks, reminds, and closes when nobody answers; promises that may pause stand still."""

from workflows.charter_process import CharterProcess

PROCESS = CharterProcess(name="wait_customer", ko="고객 회신 기다림", en="Waiting for the customer", channels=())
