"""What of BPMN 2.0 may be drawn: one table, read by the check and printed as `docs/bpmn-support.md`.

`python -m engine.spiff.support_page > docs/bpmn-support.md` writes the page. An element or attribute that is not in the
table is refused: nothing is silently ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.errors import Sentence


class Status(StrEnum):
    """What becomes of an element."""

    RUNS = "runs"
    SHOWN = "shown"  # kept and shown; changes nothing that happens
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Support:
    """One element: its status, the attributes it may carry beside id and name, and a remark."""

    status: Status
    attributes: frozenset[str]
    remark: Sentence


def _row(status: Status, attributes: str = "", ko: str = "", en: str = "") -> Support:
    return Support(status, frozenset(attributes.split()), Sentence(ko, en))


def _runs(attributes: str = "", ko: str = "", en: str = "") -> Support:
    return _row(Status.RUNS, attributes, ko, en)


def _shown(attributes: str = "", ko: str = "", en: str = "") -> Support:
    return _row(Status.SHOWN, attributes, ko, en)


def _refused(ko: str, en: str) -> Support:
    return _row(Status.REFUSED, "", ko, en)


ACTIVITY = "isForCompensation startQuantity completionQuantity default"
EXPRESSION = "language evaluatesToTypeRef"
NO_CHOREOGRAPHY = (
    "코레오그래피는 실행되지 않습니다. 참여자마다 프로세스를 그리고 메시지로 이어 주십시오.",
    "choreographies do not run: draw one process per participant and connect them by messages",
)
NO_CONVERSATION = (
    "대화(conversation) 그림은 실행되지 않습니다. 협업(collaboration) 그림과 메시지 흐름으로 그려 주십시오.",
    "conversations do not run: draw a collaboration with message flows",
)
NO_CORRELATION = (
    '이 상관 키는 쓰이지 않습니다. 메시지 이벤트에 charter:correlationKey="${…}"를 적어 주십시오.',
    'this correlation is not used: write charter:correlationKey="${…}" on the message event',
)
NO_GLOBAL_TASK = (
    "전역 태스크 대신 프로세스를 그리고 호출 액티비티로 불러 주십시오.",
    "draw a process instead of a global task, and call it",
)

ELEMENTS: dict[str, Support] = {
    # file
    "definitions": _runs("targetNamespace expressionLanguage typeLanguage exporter exporterVersion"),
    "import": _shown("importType location namespace"),
    "extension": _shown("mustUnderstand definition"),
    "relationship": _shown("type direction"),
    "documentation": _shown("textFormat"),
    "extensionElements": _runs("", "아래의 확장 표를 보십시오.", "see the tables of extensions below"),
    "process": _runs(
        "isExecutable isClosed processType definitionalCollaborationRef",
        'isExecutable="false"이면 읽기만 하고 실행하지 않습니다.',
        'with isExecutable="false" it is read, and never started',
    ),
    # events
    "startEvent": _runs("isInterrupting parallelMultiple"),
    "endEvent": _runs(),
    "intermediateCatchEvent": _runs("parallelMultiple"),
    "intermediateThrowEvent": _runs(),
    "boundaryEvent": _runs("attachedToRef cancelActivity parallelMultiple"),
    "messageEventDefinition": _runs("messageRef", "메시지에는 이름이 있어야 합니다.", "the message has a name"),
    "operationRef": _shown(),
    "timerEventDefinition": _runs(),
    "timeDate": _runs(
        EXPRESSION, "`2026-10-01T09:00:00+09:00`, `${식}`", "`2026-10-01T09:00:00+09:00`, `${expression}`"
    ),
    "timeDuration": _runs(EXPRESSION, "`PT1H`, `P3D`, `${식}`", "`PT1H`, `P3D`, `${expression}`"),
    "timeCycle": _runs(EXPRESSION, "`R3/PT10M`, `R/P1D`, `${식}`", "`R3/PT10M`, `R/P1D`, `${expression}`"),
    "signalEventDefinition": _runs("signalRef", "신호에는 이름이 있어야 합니다.", "the signal has a name"),
    "errorEventDefinition": _runs(
        "errorRef", "받는 쪽에 errorRef가 없으면 모든 오류를 받습니다.", "without errorRef it catches every error"
    ),
    "escalationEventDefinition": _runs(
        "escalationRef",
        "받는 쪽에 escalationRef가 없으면 모두 받습니다.",
        "without escalationRef it catches every escalation",
    ),
    "conditionalEventDefinition": _runs("", "프로세스 시작에는 쓸 수 없습니다.", "not for the start of a process"),
    "condition": _runs(EXPRESSION),
    "compensateEventDefinition": _runs("activityRef waitForCompletion"),
    "cancelEventDefinition": _runs(
        "", "트랜잭션 안의 종료와 그 경계에서만 씁니다.", "on end events in a transaction, and on its boundary"
    ),
    "terminateEventDefinition": _runs("", "그 안의 범위만 끝냅니다.", "ends the scope it stands in"),
    "linkEventDefinition": _runs("", "한 단계 안에서 짝을 이룹니다.", "in pairs, inside one level"),
    "source": _runs(),
    "target": _runs(),
    "eventDefinitionRef": _runs("", "맨 위에 그린 이벤트 정의만 가리킵니다.", "names a definition at top level"),
    # activities
    "task": _runs(ACTIVITY, "기다리지 않고 지나갑니다.", "passes at once"),
    "manualTask": _runs(ACTIVITY, "기다리지 않고 지나갑니다.", "passes at once"),
    "userTask": _runs(
        f"{ACTIVITY} implementation", "담당은 camunda: 속성으로 적습니다.", "who does it stands in camunda: attributes"
    ),
    "scriptTask": _runs(f"{ACTIVITY} scriptFormat", 'scriptFormat="charterflow"', 'scriptFormat="charterflow"'),
    "script": _runs(),
    "serviceTask": _runs(
        f"{ACTIVITY} implementation operationRef",
        'camunda:type="external"와 등록된 camunda:topic',
        'camunda:type="external" and a registered camunda:topic',
    ),
    "sendTask": _runs(f"{ACTIVITY} implementation operationRef messageRef"),
    "receiveTask": _runs(f"{ACTIVITY} implementation operationRef messageRef instantiate"),
    "businessRuleTask": _runs(
        f"{ACTIVITY} implementation",
        "camunda:decisionRef와 camunda:resultVariable",
        "camunda:decisionRef and camunda:resultVariable",
    ),
    "subProcess": _runs(f"{ACTIVITY} triggeredByEvent"),
    "transaction": _runs(f"{ACTIVITY} triggeredByEvent method"),
    "adHocSubProcess": _runs(f"{ACTIVITY} triggeredByEvent ordering cancelRemainingInstances"),
    "callActivity": _runs(
        f"{ACTIVITY} calledElement",
        "부를 프로세스는 배포될 때 정해집니다.",
        "the callee's version is pinned at deployment",
    ),
    "multiInstanceLoopCharacteristics": _runs(
        "isSequential behavior noneBehaviorEventRef oneBehaviorEventRef",
        'behavior="Complex"는 쓸 수 없습니다. 1,000개까지입니다.',
        'not behavior="Complex"; up to 1000 instances',
    ),
    "loopCardinality": _runs(EXPRESSION),
    "loopDataInputRef": _runs(),
    "loopDataOutputRef": _runs(),
    "inputDataItem": _runs("itemSubjectRef isCollection"),
    "outputDataItem": _runs("itemSubjectRef isCollection"),
    "completionCondition": _runs(EXPRESSION),
    "complexBehaviorDefinition": _refused(
        'behavior="Complex"는 쓸 수 없습니다. All, None, One 가운데 하나를 쓰십시오.',
        'behavior="Complex" is not supported: use All, None or One',
    ),
    "standardLoopCharacteristics": _runs("testBefore loopMaximum"),
    "loopCondition": _runs(EXPRESSION),
    # gateways and flows
    "exclusiveGateway": _runs("gatewayDirection default"),
    "parallelGateway": _runs("gatewayDirection"),
    "inclusiveGateway": _runs("gatewayDirection default"),
    "eventBasedGateway": _runs("gatewayDirection instantiate eventGatewayType"),
    "complexGateway": _runs("gatewayDirection default"),
    "activationCondition": _runs(EXPRESSION),
    "sequenceFlow": _runs("sourceRef targetRef isImmediate"),
    "conditionExpression": _runs(EXPRESSION),
    "incoming": _runs(),
    "outgoing": _runs(),
    # data
    "dataObject": _runs("itemSubjectRef isCollection", "그 단계의 변수입니다.", "a variable of its level"),
    "dataObjectReference": _runs("itemSubjectRef dataObjectRef"),
    "dataState": _shown(),
    "property": _shown("itemSubjectRef"),
    "dataStore": _shown(
        "capacity isUnlimited itemSubjectRef", "바깥의 저장소를 나타내는 그림입니다.", "a picture of something outside"
    ),
    "dataStoreReference": _shown("itemSubjectRef dataStoreRef"),
    "ioSpecification": _runs(),
    "dataInput": _runs("itemSubjectRef isCollection"),
    "dataOutput": _runs("itemSubjectRef isCollection"),
    "inputSet": _shown(),
    "outputSet": _shown(),
    **dict.fromkeys(
        (
            "dataInputRefs",
            "dataOutputRefs",
            "optionalInputRefs",
            "optionalOutputRefs",
            "whileExecutingInputRefs",
            "whileExecutingOutputRefs",
            "inputSetRefs",
            "outputSetRefs",
        ),
        _shown(),
    ),
    "dataInputAssociation": _runs(),
    "dataOutputAssociation": _runs(),
    "sourceRef": _runs(),
    "targetRef": _runs(),
    "transformation": _runs(EXPRESSION),
    "assignment": _runs(),
    "from": _runs(EXPRESSION),
    "to": _runs(EXPRESSION),
    "itemDefinition": _shown("isCollection itemKind structureRef"),
    # what events and tasks name
    "message": _runs("itemRef"),
    "signal": _runs("structureRef"),
    "error": _runs("errorCode structureRef"),
    "escalation": _runs("escalationCode structureRef"),
    "interface": _shown("implementationRef"),
    "operation": _shown("implementationRef"),
    "inMessageRef": _shown(),
    "outMessageRef": _shown(),
    "errorRef": _shown(),
    "endPoint": _shown(),
    # people
    "resource": _shown(),
    "resourceParameter": _shown("isRequired type"),
    **dict.fromkeys(
        ("potentialOwner", "humanPerformer", "performer", "resourceRole"),
        _shown(
            "",
            "사용자 태스크에서는 거절합니다. camunda:candidateGroups를 쓰십시오.",
            "refused on user tasks: write camunda:candidateGroups",
        ),
    ),
    "resourceRef": _shown(),
    "resourceAssignmentExpression": _shown(),
    "formalExpression": _shown(EXPRESSION),
    "resourceParameterBinding": _shown("parameterRef"),
    "rendering": _shown(),
    # drawing
    "laneSet": _shown(),
    "lane": _shown(
        "partitionElementRef",
        "사용자 태스크의 담당은 레인이 아니라 camunda: 속성입니다.",
        "lanes give a name, not an assignee",
    ),
    "flowNodeRef": _shown(),
    "childLaneSet": _shown(),
    "partitionElement": _shown(),
    "association": _runs(
        "sourceRef targetRef associationDirection", "보상 처리기를 잇습니다.", "ties a compensation handler"
    ),
    "group": _shown("categoryValueRef"),
    "textAnnotation": _shown("textFormat"),
    "text": _shown(),
    "category": _shown(),
    "categoryValue": _shown("value"),
    "categoryValueRef": _shown(),
    "auditing": _shown(),
    "monitoring": _shown(),
    "collaboration": _shown("isClosed"),
    "participant": _shown("processRef"),
    "participantMultiplicity": _shown("minimum maximum"),
    "interfaceRef": _shown(),
    "endPointRef": _shown(),
    "messageFlow": _shown(
        "sourceRef targetRef messageRef", "메시지는 이름으로 전해집니다.", "messages travel by their name"
    ),
    "messageFlowAssociation": _shown("innerMessageFlowRef outerMessageFlowRef"),
    "participantAssociation": _shown(),
    "participantRef": _shown(),
    "innerParticipantRef": _shown(),
    "outerParticipantRef": _shown(),
    "partnerEntity": _shown(),
    "partnerRole": _shown(),
    "supports": _shown(),
    "supportedInterfaceRef": _shown(),
    "ioBinding": _shown("operationRef inputDataRef outputDataRef"),
    # not supported
    **dict.fromkeys(
        (
            "choreography",
            "globalChoreographyTask",
            "choreographyTask",
            "callChoreography",
            "subChoreography",
            "choreographyRef",
        ),
        _refused(*NO_CHOREOGRAPHY),
    ),
    **dict.fromkeys(
        (
            "conversation",
            "callConversation",
            "subConversation",
            "globalConversation",
            "conversationLink",
            "conversationAssociation",
        ),
        _refused(*NO_CONVERSATION),
    ),
    **dict.fromkeys(("correlationKey", "correlationProperty", "correlationSubscription"), _refused(*NO_CORRELATION)),
    **dict.fromkeys(
        (
            "correlationPropertyRef",
            "correlationPropertyRetrievalExpression",
            "correlationPropertyBinding",
            "messagePath",
            "dataPath",
            "messageFlowRef",
        ),
        _shown(),
    ),
    **dict.fromkeys(
        ("globalTask", "globalUserTask", "globalScriptTask", "globalManualTask", "globalBusinessRuleTask"),
        _shown("implementation scriptLanguage", *NO_GLOBAL_TASK),
    ),
}
