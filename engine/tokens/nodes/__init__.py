"""The symbols, each in a file of its own: which class plays which."""

from __future__ import annotations

from engine.tokens.definition import Symbol
from engine.tokens.nodes.ad_hoc_subprocess import AdHocSubprocess
from engine.tokens.nodes.boundary_event import BoundaryEvent
from engine.tokens.nodes.business_rule_task import BusinessRuleTask
from engine.tokens.nodes.call_activity import CallActivity
from engine.tokens.nodes.catch_event import CatchEvent
from engine.tokens.nodes.complex_gateway import ComplexGateway
from engine.tokens.nodes.end_event import EndEvent
from engine.tokens.nodes.event_based_gateway import EventBasedGateway
from engine.tokens.nodes.event_subprocess import EventSubprocess
from engine.tokens.nodes.exclusive_gateway import ExclusiveGateway
from engine.tokens.nodes.inclusive_gateway import InclusiveGateway
from engine.tokens.nodes.parallel_gateway import ParallelGateway
from engine.tokens.nodes.receive_task import ReceiveTask
from engine.tokens.nodes.script_task import ScriptTask
from engine.tokens.nodes.send_task import SendTask
from engine.tokens.nodes.service_task import ServiceTask
from engine.tokens.nodes.start_event import StartEvent
from engine.tokens.nodes.subprocess import Subprocess
from engine.tokens.nodes.symbol import Behaviour
from engine.tokens.nodes.task import Task
from engine.tokens.nodes.throw_event import ThrowEvent
from engine.tokens.nodes.user_task import UserTask

BEHAVIOURS: dict[Symbol, Behaviour] = {
    Symbol.START_EVENT: StartEvent(),
    Symbol.END_EVENT: EndEvent(),
    Symbol.CATCH_EVENT: CatchEvent(),
    Symbol.THROW_EVENT: ThrowEvent(),
    Symbol.BOUNDARY_EVENT: BoundaryEvent(),
    Symbol.TASK: Task(),
    Symbol.MANUAL_TASK: Task(),
    Symbol.USER_TASK: UserTask(),
    Symbol.SCRIPT_TASK: ScriptTask(),
    Symbol.SERVICE_TASK: ServiceTask(),
    Symbol.SEND_TASK: SendTask(),
    Symbol.RECEIVE_TASK: ReceiveTask(),
    Symbol.BUSINESS_RULE_TASK: BusinessRuleTask(),
    Symbol.EXCLUSIVE_GATEWAY: ExclusiveGateway(),
    Symbol.PARALLEL_GATEWAY: ParallelGateway(),
    Symbol.INCLUSIVE_GATEWAY: InclusiveGateway(),
    Symbol.EVENT_BASED_GATEWAY: EventBasedGateway(),
    Symbol.COMPLEX_GATEWAY: ComplexGateway(),
    Symbol.SUBPROCESS: Subprocess(),
    Symbol.EVENT_SUBPROCESS: EventSubprocess(),
    Symbol.TRANSACTION: Subprocess(),
    Symbol.AD_HOC_SUBPROCESS: AdHocSubprocess(),
    Symbol.CALL_ACTIVITY: CallActivity(),
}
