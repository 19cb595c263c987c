"""Activities: what each kind of task needs to be done by somebody, loops, quantities. BPMN 2.0.2, 10.3."""

from __future__ import annotations

from engine.spiff.diagram import Canvas, Diagram, label, words
from engine.spiff.extensions import read_extensions
from engine.spiff.node_reader import camunda, script_text, symbol_of
from engine.spiff.vocabulary import ACTIVITIES, Element, child, children, local, text, truth
from engine.tokens.definition import Node

PEOPLE = ("potentialOwner", "humanPerformer", "performer", "resourceRole")
BINDINGS = (None, "latest", "deployment")


def check_activities(diagram: Diagram) -> None:
    for canvas in diagram.canvases:
        for activity in canvas.of(*ACTIVITIES):
            _check_quantities(diagram, activity)
            _check_markers(diagram, activity)
            _check_people(diagram, activity)
            _check_subprocess(diagram, activity)
        for task in canvas.of("userTask"):
            _check_form(diagram, canvas, task)
        for task in canvas.of("scriptTask"):
            _check_script(diagram, task)
        for task in canvas.of("serviceTask"):
            _check_service(diagram, task)
        for task in canvas.of("businessRuleTask"):
            _check_rule(diagram, task)
        for task in canvas.of("sendTask", "receiveTask"):
            _check_message(diagram, task)


def _check_quantities(diagram: Diagram, activity: Element) -> None:
    for name in ("startQuantity", "completionQuantity"):
        written = activity.get(name)
        if written is not None and not (written.strip().isdecimal() and 1 <= int(written) <= 1000):
            diagram.refuse(
                activity,
                "quantity",
                f'{label(activity)}: {name}="{written}" — 1에서 1000까지의 수여야 합니다.',
                f'{label(activity)} says {name}="{written}": write a number from 1 to 1000',
            )


def _check_markers(diagram: Diagram, activity: Element) -> None:
    markers = children(activity, "multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
    if len(markers) > 1:
        diagram.refuse(
            activity,
            "loop-both",
            f"{label(activity)}: 반복 표시와 다중 인스턴스 표시는 함께 쓸 수 없습니다. 하나를 지워 주십시오.",
            f"{label(activity)} has a standard loop and a multi-instance marker: remove one",
        )
    for marker in markers:
        if local(marker) == "standardLoopCharacteristics":
            _check_loop(diagram, activity, marker)
        else:
            _check_multi_instance(diagram, activity, marker)


def _check_loop(diagram: Diagram, activity: Element, marker: Element) -> None:
    maximum = marker.get("loopMaximum")
    if maximum is not None and not (maximum.strip().isdecimal() and int(maximum) >= 1):
        diagram.refuse(
            activity,
            "loop-maximum",
            f'{label(activity)}: loopMaximum="{maximum}" — 1 이상의 수여야 합니다.',
            f'{label(activity)} says loopMaximum="{maximum}": write a number of at least 1',
        )
    if maximum is None and not text(child(marker, "loopCondition")):
        diagram.refuse(
            activity,
            "loop-endless",
            f"{label(activity)}: 언제까지 반복할지 없습니다. loopCondition이나 loopMaximum을 적어 주십시오.",
            f"the loop of {label(activity)} does not say when it ends: write a loopCondition or a loopMaximum",
        )


def _check_multi_instance(diagram: Diagram, activity: Element, marker: Element) -> None:
    cardinality, collection = child(marker, "loopCardinality"), camunda(marker, "collection")
    data = child(marker, "loopDataInputRef")
    sources = [source for source in (cardinality, data) if source is not None] + ([collection] if collection else [])
    if not sources:
        diagram.refuse(
            activity,
            "multi-instance-items",
            f"{label(activity)}: 몇 번 할지 없습니다. loopCardinality나 camunda:collection을 적어 주십시오.",
            f"{label(activity)} is multi-instance and does not say how often: write a loopCardinality or a "
            "camunda:collection",
        )
    if len(sources) > 1:
        diagram.refuse(
            activity,
            "multi-instance-items",
            f"{label(activity)}: loopCardinality, camunda:collection, loopDataInputRef 가운데 하나만 써 주십시오.",
            f"{label(activity)}: write only one of loopCardinality, camunda:collection and loopDataInputRef",
        )
    takes_items = child(marker, "inputDataItem") is not None or camunda(marker, "elementVariable")
    if takes_items and data is None and not collection:
        diagram.refuse(
            activity,
            "multi-instance-item",
            f"{label(activity)}: 항목을 꺼낼 목록이 없습니다. camunda:collection이나 loopDataInputRef를 적어 주십시오.",
            f"{label(activity)} names a variable for each item but no list to take items from: write a "
            "camunda:collection or a loopDataInputRef",
        )
    behavior = marker.get("behavior", "All")
    needed = {"None": "noneBehaviorEventRef", "One": "oneBehaviorEventRef"}.get(behavior)
    if behavior == "Complex":
        diagram.refuse(
            activity,
            "multi-instance-behavior",
            f'{label(activity)}: behavior="Complex"는 쓸 수 없습니다. All, None, One 가운데 하나를 쓰십시오.',
            f'{label(activity)} says behavior="Complex", which is not supported: use All, None or One',
        )
    if needed and not marker.get(needed):
        diagram.refuse(
            activity,
            "multi-instance-behavior",
            f'{label(activity)}: behavior="{behavior}"인데 {needed} 속성이 없습니다. 던질 이벤트를 골라 주십시오.',
            f'{label(activity)} says behavior="{behavior}" without {needed}: choose the event to throw',
        )


def _check_people(diagram: Diagram, activity: Element) -> None:
    for person in children(activity, *PEOPLE):
        if local(activity) == "userTask":
            diagram.refuse(
                activity,
                "people",
                f"{label(activity)}: ‘{local(person)}’ 대신 camunda:assignee나 camunda:candidateGroups에 담당을 "
                "적어 주십시오.",
                f"{label(activity)} says who does it in a '{local(person)}', which is not used: write "
                "camunda:assignee or camunda:candidateGroups",
            )
        else:
            diagram.warn(
                activity,
                "people",
                f"{label(activity)}: ‘{local(person)}’ 요소는 쓰이지 않습니다.",
                f"the '{local(person)}' of {label(activity)} is not used",
            )


def _check_subprocess(diagram: Diagram, activity: Element) -> None:
    if local(activity) in ("transaction", "adHocSubProcess") and truth(activity, "triggeredByEvent", False):
        diagram.refuse(
            activity,
            "event-subprocess-kind",
            f"{label(activity)}: 보통 서브프로세스만 이벤트로 시작할 수 있습니다. triggeredByEvent를 꺼 주십시오.",
            f"{label(activity)} is {words(activity)[1]} and cannot be triggered by an event: set "
            'triggeredByEvent="false"',
        )
    if local(activity) == "adHocSubProcess" and activity.get("ordering") not in (None, "Parallel", "Sequential"):
        diagram.refuse(
            activity,
            "ad-hoc-ordering",
            f"{label(activity)}: ordering은 Parallel이나 Sequential이어야 합니다.",
            f"{label(activity)}: ordering is Parallel or Sequential",
        )


def _check_form(diagram: Diagram, canvas: Canvas, task: Element) -> None:
    form, exists = camunda(task, "formKey"), diagram.known.forms
    if form and exists is not None and not exists(str(canvas.process.get("id")), form):
        diagram.refuse(
            task,
            "form-unknown",
            f"{label(task)}: ‘{form}’ 양식이 없습니다. camunda:formKey를 고쳐 주십시오.",
            f"{label(task)} names the form '{form}', which is not there: correct camunda:formKey",
        )


def _check_script(diagram: Diagram, task: Element) -> None:
    written = task.get("scriptFormat")
    if written is not None and written.strip() != "charterflow":
        diagram.refuse(
            task,
            "script-format",
            f'{label(task)}: scriptFormat="{written}" — 이 언어는 실행할 수 없습니다. charterflow로 적어 주십시오.',
            f'{label(task)} says scriptFormat="{written}", which does not run here: write its script in '
            "charterflow (lines of name = expression)",
        )
    if not script_text(task):
        diagram.refuse(
            task,
            "script-empty",
            f"{label(task)}: 스크립트가 비어 있습니다. ‘이름 = 식’을 적거나 보통 태스크로 바꿔 주십시오.",
            f"the script of {label(task)} is empty: write name = expression, or draw a plain task",
        )


def _check_service(diagram: Diagram, task: Element) -> None:
    kind, topic = camunda(task, "type"), camunda(task, "topic")
    topics = ", ".join(sorted(diagram.known.topics)) or "—"
    if kind not in (None, "external"):
        diagram.refuse(
            task,
            "service-type",
            f'{label(task)}: camunda:type="{kind}" — external만 쓸 수 있습니다.',
            f'{label(task)} says camunda:type="{kind}": only external is supported',
        )
    if not topic:
        diagram.refuse(
            task,
            "service-topic",
            f'{label(task)}: 누가 할지 없습니다. camunda:type="external"과 camunda:topic을 적어 주십시오. '
            f"등록된 토픽: {topics}.",
            f'{label(task)} does not say what does it: write camunda:type="external" and camunda:topic. '
            f"Registered topics: {topics}",
        )
    elif topic not in diagram.known.topics:
        diagram.refuse(
            task,
            "service-topic",
            f"{label(task)}: ‘{topic}’ 토픽은 등록되어 있지 않습니다. 등록된 토픽: {topics}.",
            f"{label(task)} names the topic '{topic}', which nothing handles. Registered topics: {topics}",
        )


def _check_rule(diagram: Diagram, task: Element) -> None:
    decision = camunda(task, "decisionRef")
    decisions = ", ".join(sorted(diagram.known.decisions)) or "—"
    if not decision or decision not in diagram.known.decisions:
        found_ko = "결정표가 정해지지 않았습니다" if not decision else f"‘{decision}’ 결정표가 없습니다"
        found_en = "names no decision" if not decision else f"names the decision '{decision}', which is not there"
        diagram.refuse(
            task,
            "decision-unknown",
            f"{label(task)}: {found_ko}. camunda:decisionRef를 적어 주십시오. 있는 결정표: {decisions}.",
            f"{label(task)} {found_en}: write camunda:decisionRef. Decisions: {decisions}",
        )
    if decision and not camunda(task, "resultVariable"):
        diagram.warn(
            task,
            "decision-result",
            f"{label(task)}: camunda:resultVariable이 없어 결과는 ‘{decision}’ 변수에 담깁니다. "
            "출력이 여럿이면 출력마다 변수가 하나씩 생깁니다.",
            f"{label(task)} has no camunda:resultVariable: its result becomes the variable '{decision}', or one "
            "variable for each of several outputs",
        )
    if camunda(task, "decisionRefBinding") not in BINDINGS:
        diagram.refuse(
            task,
            "decision-binding",
            f"{label(task)}: camunda:decisionRefBinding은 latest나 deployment만 쓸 수 있습니다.",
            f"{label(task)}: camunda:decisionRefBinding is latest or deployment",
        )
    _check_mapping(diagram, task)


def _check_mapping(diagram: Diagram, task: Element) -> None:
    mapping = camunda(task, "mapDecisionResult")
    if mapping == "resultList":
        diagram.refuse(
            task,
            "decision-mapping",
            f'{label(task)}: camunda:mapDecisionResult="resultList"는 쓸 수 없습니다. 지워 주십시오.',
            f'{label(task)} says camunda:mapDecisionResult="resultList", which is not supported: remove it',
        )
    elif mapping in ("singleResult", "collectEntries"):
        diagram.warn(
            task,
            "decision-mapping",
            f"{label(task)}: 출력이 하나면 그 값, 여럿이면 레코드, 여러 행이면 목록이 됩니다.",
            f"{label(task)}: one output gives its value, several a record, several rows a list",
        )


def _check_message(diagram: Diagram, task: Element) -> None:
    reference = task.get("messageRef")
    named = diagram.named(reference, "message")
    if named is not None and not (named.get("name") or "").strip():
        diagram.refuse(
            task,
            "message-name",
            f"{label(task)}: 메시지 {reference}에 이름이 없습니다. 이름을 적어 주십시오.",
            f"{label(task)}: the message {reference} has no name: give it one",
        )
    if not reference and local(task) == "receiveTask":
        diagram.refuse(
            task,
            "message-missing",
            f"{label(task)}: 어느 메시지를 기다리는지 없습니다. 메시지를 골라 주십시오.",
            f"{label(task)} does not say which message it waits for: choose one",
        )
    if not reference and local(task) == "sendTask" and not _is_sent(diagram, task):
        diagram.refuse(
            task,
            "message-missing",
            f"{label(task)}: 무엇을 보낼지 없습니다. 메시지를 고르거나 메일을 정해 주십시오.",
            f"{label(task)} does not say what it sends: choose a message, or give it a mail",
        )
    if truth(task, "instantiate", False) and diagram.flows_in(task):
        diagram.refuse(
            task,
            "instantiate-incoming",
            f"{label(task)}: 프로세스를 시작하는 태스크에는 흐름이 들어올 수 없습니다. 흐름을 지우거나 "
            "instantiate를 꺼 주십시오.",
            f'{label(task)} starts the process and has an incoming flow: remove it, or set instantiate="false"',
        )


def _is_sent(diagram: Diagram, task: Element) -> bool:
    """Whether the application carries this task: it is asked with what it knows of it, its extension elements."""
    node = Node(
        id=str(task.get("id")),
        symbol=symbol_of(task),
        name=task.get("name") or "",
        line=task.sourceline,
        extensions=read_extensions(task, diagram.known),
    )
    return diagram.known.sends(node)
