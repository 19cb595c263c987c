"""Data: inputs, outputs, associations and their item definitions say the same. BPMN 2.0.2, 10.4 and 8.4.11."""

from __future__ import annotations

from engine.spiff.check.events import definitions
from engine.spiff.diagram import Diagram, label
from engine.spiff.vocabulary import EVENTS, FLOW_NODES, Element, child, children, local, text, truth

TYPED = ("dataInput", "dataOutput", "dataObject", "inputDataItem", "outputDataItem")
SUBSETS = (
    ("inputSet", "optionalInputRefs", "dataInputRefs"),
    ("inputSet", "whileExecutingInputRefs", "dataInputRefs"),
    ("outputSet", "optionalOutputRefs", "dataOutputRefs"),
    ("outputSet", "whileExecutingOutputRefs", "dataOutputRefs"),
)
# what a trigger carries: event definition -> (attribute, element named, attribute with its item definition)
CARRIED = {
    "messageEventDefinition": ("messageRef", "message", "itemRef"),
    "signalEventDefinition": ("signalRef", "signal", "structureRef"),
    "errorEventDefinition": ("errorRef", "error", "structureRef"),
    "escalationEventDefinition": ("escalationRef", "escalation", "structureRef"),
}


def check_data(diagram: Diagram) -> None:
    for element in diagram.all:
        name = local(element)
        if name in TYPED:
            _check_collection(diagram, element)
        elif name in ("dataInputAssociation", "dataOutputAssociation"):
            _check_association(diagram, element)
        elif name == "multiInstanceLoopCharacteristics":
            _check_items(diagram, element)
        elif name == "dataObjectReference":
            _check_state(diagram, element)
        elif name in ("serviceTask", "sendTask", "receiveTask"):
            _check_task(diagram, element)
        elif name in EVENTS:
            _check_event(diagram, element)
        for holder, part, whole in SUBSETS:
            if name == holder:
                _check_subset(diagram, element, part, whole)


def _item(diagram: Diagram, element: Element | None) -> Element | None:
    """The item definition that says what a piece of data is."""
    if element is None:
        return None
    reference = element.get("itemSubjectRef")
    if local(element) == "dataObjectReference" and not reference:
        return _item(diagram, diagram.named(element.get("dataObjectRef"), "dataObject"))
    return diagram.named(reference, "itemDefinition")


def _structure(item: Element | None) -> str | None:
    return None if item is None else item.get("structureRef")


def _owner(element: Element) -> Element:
    while local(element) not in (*FLOW_NODES, "process") and element.getparent() is not None:
        element = element.getparent()
    return element


def _check_collection(diagram: Diagram, element: Element) -> None:
    item = _item(diagram, element)
    if item is None or element.getparent() is None:
        return
    if truth(item, "isCollection", False) and local(element) in ("inputDataItem", "outputDataItem"):
        _refuse_item(diagram, element)
    elif truth(element, "isCollection", False) != truth(item, "isCollection", False) and "Item" not in local(element):
        diagram.refuse(
            element,
            "data-collection",
            f"{label(element)}: isCollection이 항목 정의 {label(item)}와 다릅니다. 둘을 같게 해 주십시오.",
            f"{label(element)} and its item definition {label(item)} disagree about isCollection: make them agree",
        )


def _refuse_item(diagram: Diagram, element: Element) -> None:
    diagram.refuse(
        element,
        "data-item",
        f"{label(_owner(element))}: ‘{local(element)}’는 목록의 항목 하나여야 합니다. 항목 정의를 고쳐 주십시오.",
        f"{label(_owner(element))}: the '{local(element)}' is one member of the list, and may be no collection "
        "itself nor have another structure: correct its item definition",
    )


def _check_association(diagram: Diagram, association: Element) -> None:
    owner = _owner(association)
    sources, target = children(association, "sourceRef"), child(association, "targetRef")
    for end in (*sources, *([target] if target is not None else [])):
        if not text(end) or diagram.by_id.get(text(end)) is None:
            diagram.refuse(
                association,
                "data-end",
                f"{label(owner)}: 데이터 연결의 한쪽 끝을 찾을 수 없습니다(‘{text(end)}’). 다시 그려 주십시오.",
                f"{label(owner)}: a data association names '{text(end)}', which is not there: draw it again",
            )
    if child(association, "transformation") is None:
        if len(sources) > 1:
            diagram.refuse(
                association,
                "data-sources",
                f"{label(owner)}: 변환(transformation) 없는 데이터 연결의 출처는 하나여야 합니다. 나눠 그려 주십시오.",
                f"{label(owner)}: a data association without a transformation has several sources: draw one for each",
            )
        if not children(association, "assignment") and target is not None:
            _check_structures(diagram, owner, association, sources, target)
    if local(association) == "dataInputAssociation":
        for source in sources:
            if diagram.named(text(source), "dataOutput") is not None:
                diagram.refuse(
                    association,
                    "data-direction",
                    f"{label(owner)}: 데이터 출력 ‘{text(source)}’에서 입력을 가져올 수 없습니다. 데이터 객체를 "
                    "거쳐 주십시오.",
                    f"{label(owner)} takes its input from the data output '{text(source)}': go through a data object",
                )


def _check_structures(
    diagram: Diagram, owner: Element, association: Element, sources: list[Element], target: Element
) -> None:
    to = _structure(_item(diagram, diagram.by_id.get(text(target))))
    for source in sources:
        come = _structure(_item(diagram, diagram.by_id.get(text(source))))
        if come and to and come != to:
            diagram.refuse(
                association,
                "data-structure",
                f"{label(owner)}: 데이터 연결의 두 끝이 서로 다른 구조입니다({come}, {to}). 변환을 적거나 구조를 "
                "맞춰 주십시오.",
                f"{label(owner)}: a data association leads from structure {come} to {to}: write a "
                "transformation, or use one structure",
            )


def _check_items(diagram: Diagram, loop: Element) -> None:
    activity = loop.getparent()
    reference = child(loop, "loopDataInputRef")
    specification = child(activity, "ioSpecification")
    if reference is not None and not _is_input(diagram, specification, text(reference)):
        diagram.refuse(
            activity,
            "loop-data-input",
            f"{label(activity)}: loopDataInputRef ‘{text(reference)}’ — 이 액티비티의 데이터 입력이 아닙니다. "
            "camunda:collection을 쓰거나 입력을 골라 주십시오.",
            f"{label(activity)}: loopDataInputRef names '{text(reference)}', which is no data input of it: choose "
            "one, or write camunda:collection",
        )
    for item_name, list_name in (("inputDataItem", "loopDataInputRef"), ("outputDataItem", "loopDataOutputRef")):
        item, whole = child(loop, item_name), diagram.by_id.get(text(child(loop, list_name)))
        if item is None or whole is None:
            continue
        one, many = _structure(_item(diagram, item)), _structure(_item(diagram, whole))
        if truth(item, "isCollection", False) or (one and many and one != many):
            _refuse_item(diagram, item)


def _is_input(diagram: Diagram, specification: Element | None, reference: str) -> bool:
    """Without an ioSpecification the name of a variable is meant."""
    if specification is None:
        return (
            diagram.by_id.get(reference) is None
            or diagram.named(reference, "dataObject", "dataObjectReference") is not None
        )
    return any(part.get("id") == reference for part in children(specification, "dataInput"))


def _check_state(diagram: Diagram, reference: Element) -> None:
    """A reference with a state is called by its object's name and the state in brackets; other names are only noted."""
    state, drawn = child(reference, "dataState"), diagram.named(reference.get("dataObjectRef"), "dataObject")
    if state is None or drawn is None or not state.get("name"):
        return
    wanted = f"{' '.join((drawn.get('name') or '').split())} [{state.get('name')}]"
    name = " ".join((reference.get("name") or "").split())
    if name.endswith("]") and name != wanted:
        diagram.refuse(
            reference,
            "data-state",
            f"{label(reference)}: 데이터 객체와 상태의 이름이 다릅니다. ‘{wanted}’라고 적어 주십시오.",
            f"{label(reference)} is not called by its data object and state: write '{wanted}'",
        )
    elif name != wanted:
        diagram.warn(
            reference,
            "data-state",
            f"{label(reference)}: 데이터 객체와 상태의 이름은 ‘{wanted}’입니다.",
            f"{label(reference)} stands for '{wanted}'",
        )


def _check_subset(diagram: Diagram, element: Element, part: str, whole: str) -> None:
    listed = {text(reference) for reference in children(element, whole)}
    for reference in children(element, part):
        if text(reference) not in listed:
            owner = _owner(element)
            diagram.refuse(
                element,
                "data-set",
                f"{label(owner)}: {part} ‘{text(reference)}’ — {whole}에도 있어야 합니다. 넣어 주십시오.",
                f"{label(owner)}: {part} names '{text(reference)}', which is not among the {whole} of its set: add it",
            )


def _check_task(diagram: Diagram, task: Element) -> None:
    """The data of a service, send or receive task fits its operation and message. BPMN 2.0.2, 10.3.3."""
    specification = child(task, "ioSpecification")
    if specification is None:
        return
    inputs, outputs = children(specification, "dataInput"), children(specification, "dataOutput")
    if local(task) == "sendTask":
        _check_count(diagram, task, inputs, children(specification, "inputSet"), "dataInput", "inputSet")
        _check_message(diagram, task, inputs, task.get("messageRef"))
    elif local(task) == "receiveTask":
        _check_count(diagram, task, outputs, children(specification, "outputSet"), "dataOutput", "outputSet")
        _check_message(diagram, task, outputs, task.get("messageRef"))
    elif task.get("operationRef"):
        operation = diagram.named(task.get("operationRef"), "operation")
        _check_count(diagram, task, [], children(specification, "inputSet"), "dataInput", "inputSet")
        _check_count(diagram, task, [], children(specification, "outputSet"), "dataOutput", "outputSet")
        if operation is not None:
            _check_message(diagram, task, inputs, text(child(operation, "inMessageRef")))
            _check_message(diagram, task, outputs, text(child(operation, "outMessageRef")))


def _check_count(
    diagram: Diagram, task: Element, data: list[Element], sets: list[Element], data_name: str, set_name: str
) -> None:
    if len(data) > 1 or len(sets) > 1:
        diagram.refuse(
            task,
            "data-count",
            f"{label(task)}: ‘{data_name}’와 ‘{set_name}’는 하나씩만 둘 수 있습니다. 하나로 합쳐 주십시오.",
            f"{label(task)} has several of '{data_name}' or '{set_name}': keep one of each",
        )


def _check_message(diagram: Diagram, task: Element, data: list[Element], reference: str | None) -> None:
    """The item definition of the data is that of the message."""
    message = diagram.named(reference, "message")
    wanted = None if message is None else diagram.named(message.get("itemRef"), "itemDefinition")
    if wanted is None or len(data) != 1:
        return
    found = _item(diagram, data[0])
    same = found is wanted or (
        found is not None and _structure(found) is not None and _structure(found) == _structure(wanted)
    )
    if not same:
        diagram.refuse(
            task,
            "data-message",
            f"{label(task)}: 데이터 {label(data[0])}의 항목 정의가 메시지 {label(message)}와 다릅니다. 같은 것을 "
            "골라 주십시오.",
            f"{label(task)}: the data {label(data[0])} has another item definition than the message "
            f"{label(message)}: choose the same",
        )


def _check_event(diagram: Diagram, event: Element) -> None:
    """An event with several triggers that are told what they carry has a place for each of them. BPMN 2.0.2, 10.5.1."""
    places = children(event, "dataInput", "dataOutput")
    carrying = [definition for definition in definitions(event) if _carries(diagram, definition)]
    if len(definitions(event)) > 1 and places and len(carrying) > len(places):
        diagram.refuse(
            event,
            "data-triggers",
            f"{label(event)}: 이벤트 종류마다 데이터 자리가 있어야 합니다({len(carrying)}개 가운데 "
            f"{len(places)}개). 더 그리거나 모두 지워 주십시오.",
            f"{label(event)} has {len(carrying)} triggers that carry data and {len(places)} data inputs or "
            "outputs: draw one for each, or none",
        )


def _carries(diagram: Diagram, definition: Element) -> bool:
    attribute, kind, item = CARRIED.get(local(definition), ("", "", ""))
    named = diagram.named(definition.get(attribute), kind) if attribute else None
    return named is not None and bool(named.get(item))
