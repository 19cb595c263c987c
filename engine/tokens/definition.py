"""The definition a token moves over: what the reader makes of a diagram; immutable, shared between threads.

Data only. What a symbol does when a token comes lies in `engine/tokens/nodes/`, one file a symbol.
Source: BPMN 2.0.2, chapters 10 and 13.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.expressions import Expression, Script


class Symbol(StrEnum):
    """The symbols of a diagram; the value is the name of the BPMN element, or ours where BPMN has an attribute."""

    START_EVENT = "startEvent"
    END_EVENT = "endEvent"
    CATCH_EVENT = "intermediateCatchEvent"
    THROW_EVENT = "intermediateThrowEvent"
    BOUNDARY_EVENT = "boundaryEvent"
    TASK = "task"
    MANUAL_TASK = "manualTask"
    USER_TASK = "userTask"
    SCRIPT_TASK = "scriptTask"
    SERVICE_TASK = "serviceTask"
    SEND_TASK = "sendTask"
    RECEIVE_TASK = "receiveTask"
    BUSINESS_RULE_TASK = "businessRuleTask"
    EXCLUSIVE_GATEWAY = "exclusiveGateway"
    PARALLEL_GATEWAY = "parallelGateway"
    INCLUSIVE_GATEWAY = "inclusiveGateway"
    EVENT_BASED_GATEWAY = "eventBasedGateway"
    COMPLEX_GATEWAY = "complexGateway"
    SUBPROCESS = "subProcess"
    EVENT_SUBPROCESS = "eventSubProcess"  # subProcess with triggeredByEvent="true"
    TRANSACTION = "transaction"
    AD_HOC_SUBPROCESS = "adHocSubProcess"
    CALL_ACTIVITY = "callActivity"


class TriggerKind(StrEnum):
    """What an event definition waits for or throws."""

    MESSAGE = "message"
    TIMER = "timer"
    SIGNAL = "signal"
    ERROR = "error"
    ESCALATION = "escalation"
    CONDITIONAL = "conditional"
    COMPENSATE = "compensate"
    CANCEL = "cancel"
    TERMINATE = "terminate"
    LINK = "link"


class TimerKind(StrEnum):
    """Which child of a timerEventDefinition was drawn."""

    DATE = "timeDate"
    DURATION = "timeDuration"
    CYCLE = "timeCycle"


@dataclass(frozen=True, slots=True)
class Timer:
    """When a timer is due: a plain ISO text (checked at deployment), or an expression that gives one or an instant."""

    kind: TimerKind
    text: str
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """One event definition of an event (an event has none, one or several)."""

    kind: TriggerKind
    id: str | None = None
    name: str | None = None  # message, signal, link: its name
    code: str | None = None  # error, escalation: its code; None catches all
    timer: Timer | None = None
    condition: Expression | None = None
    correlation: Expression | None = None  # charter:correlationKey; None: by business key, then by name alone
    activity_ref: str | None = None  # compensate: which activity; None: the whole scope
    wait_for_completion: bool = True  # compensate
    code_variable: str | None = None  # camunda:errorCodeVariable, escalationCodeVariable


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; ids are made by the reader where the diagram has none."""

    id: str
    source: str
    target: str
    condition: Expression | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class VariableMapping:
    """An in or out mapping: `source` is evaluated on one side, set as `target` on the other; target "*" takes all."""

    source: Expression | None
    target: str


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """multiInstanceLoopCharacteristics. BPMN 2.0.2, 13.3.7."""

    sequential: bool
    cardinality: Expression | None = None
    collection: Expression | None = None  # camunda:collection, or loopDataInputRef
    item_variable: str | None = None  # camunda:elementVariable, or inputDataItem
    output_collection: str | None = None  # loopDataOutputRef
    output_item: str | None = None  # outputDataItem
    completion_condition: Expression | None = None
    behavior: str = "All"  # All, None, One (Complex is refused)
    thrown_each: Trigger | None = None  # behavior None
    thrown_one: Trigger | None = None  # behavior One


@dataclass(frozen=True, slots=True)
class StandardLoop:
    """standardLoopCharacteristics."""

    condition: Expression | None
    test_before: bool = False
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension element of a foreign namespace, kept as it stands for whoever knows it (the charter does)."""

    namespace: str
    name: str
    attributes: Mapping[str, str]
    text: str = ""
    children: tuple[Extension, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class UserTaskForm:
    """What the `camunda:` attributes of a user task say; lists are comma separated in the diagram."""

    form_key: str | None = None
    assignee: Expression | None = None
    candidate_users: tuple[Expression, ...] = ()
    candidate_groups: tuple[Expression, ...] = ()  # an expression may give a text with commas, or a list
    due_date: Expression | None = None
    follow_up_date: Expression | None = None
    priority: Expression | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One symbol on the canvas. Fields that a symbol does not have keep their default."""

    id: str
    symbol: Symbol
    name: str = ""
    line: int | None = None
    level: str = ""  # id of the process or subprocess it is drawn in
    lane: str | None = None
    documentation: str = ""
    incoming: tuple[str, ...] = ()  # flow ids
    outgoing: tuple[str, ...] = ()
    default: str | None = None  # flow id
    extensions: tuple[Extension, ...] = ()
    # events
    triggers: tuple[Trigger, ...] = ()
    parallel_multiple: bool = False
    interrupting: bool = True  # boundary: cancelActivity; start of an event subprocess: isInterrupting
    attached_to: str | None = None
    # activities
    start_quantity: int = 1
    completion_quantity: int = 1
    for_compensation: bool = False
    compensation_handler: str | None = None  # activity id, by the association of its compensation boundary event
    multi_instance: MultiInstance | None = None
    loop: StandardLoop | None = None
    inputs: tuple[VariableMapping, ...] = ()  # camunda:inputParameter, data input associations
    outputs: tuple[VariableMapping, ...] = ()
    user_task: UserTaskForm | None = None
    script: Script | None = None
    topic: str | None = None  # service task
    decision: str | None = None  # business rule task: decision id
    result_variable: str | None = None
    message: Trigger | None = None  # send and receive task
    instantiate: bool = False  # receive task, event-based gateway
    # call activity
    called_element: str | None = None
    call_in: tuple[VariableMapping, ...] = ()
    call_out: tuple[VariableMapping, ...] = ()
    call_business_key: Expression | None = None
    # gateways
    parallel_event_gateway: bool = False  # eventGatewayType="Parallel"
    activation_condition: Expression | None = None  # complex gateway
    # ad-hoc subprocess
    ad_hoc_condition: Expression | None = None
    ad_hoc_sequential: bool = False
    ad_hoc_cancel_remaining: bool = True

    @property
    def holds_a_level(self) -> bool:
        """Whether other symbols are drawn inside this one."""
        return self.symbol in (Symbol.SUBPROCESS, Symbol.EVENT_SUBPROCESS, Symbol.TRANSACTION, Symbol.AD_HOC_SUBPROCESS)


@dataclass(frozen=True, slots=True)
class Level:
    """A process or a subprocess: all that is drawn directly in it, reachable or not."""

    id: str  # the process id, or the subprocess' element id
    node_ids: tuple[str, ...]
    flow_ids: tuple[str, ...]
    # where tokens begin: start events (of an event subprocess: its one), or, with none, nodes without incoming flow
    start_ids: tuple[str, ...]
    event_subprocess_ids: tuple[str, ...] = ()
    data_objects: Mapping[str, str] = field(default_factory=dict)  # data object reference or object id -> variable name


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """One process of a diagram. `nodes` and `flows` hold every level; ids are unique over the whole process."""

    key: str  # process id
    name: str
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    levels: Mapping[str, Level]  # by id; `levels[key]` is the process itself
    boundaries: Mapping[str, tuple[str, ...]]  # activity id -> ids of boundary events attached to it
    executable: bool = True
    extensions: tuple[Extension, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)  # throwing link event id -> catching link event id
    callees: Mapping[str, int] = field(default_factory=dict)  # call activity id -> pinned version, filled at deployment
    documentation: str = ""
    derived: dict[str, object] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # made once, by need

    @property
    def root(self) -> Level:
        return self.levels[self.key]
