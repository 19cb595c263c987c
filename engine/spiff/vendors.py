"""The words of `camunda:` that we know, and those of other engines, with what to write instead.

A word is judged by where it stands: `runs`, `ignored` (a warning: it changes nothing observable here), or `refused`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import Sentence


class Effect(StrEnum):
    """What becomes of a vendor's attribute or element."""

    RUNS = "runs"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class VendorWord:
    """One attribute or element on certain BPMN elements (`places`, separated by spaces; empty: anywhere)."""

    effect: Effect
    places: str
    remark: Sentence

    def fits(self, place: str) -> bool:
        return not self.places or place in self.places.split()


def _runs(places: str, ko: str = "", en: str = "") -> VendorWord:
    return VendorWord(Effect.RUNS, places, Sentence(ko, en))


def _ignored(places: str, ko: str, en: str) -> VendorWord:
    return VendorWord(Effect.IGNORED, places, Sentence(ko, en))


def _refused(places: str, ko: str, en: str) -> VendorWord:
    return VendorWord(Effect.REFUSED, places, Sentence(ko, en))


JOBS = (
    "작업은 언제나 저장되고 다시 시도되므로 필요하지 않습니다.",
    "not needed: work is always stored and tried again",
)
CODE = (
    '자바 코드는 없습니다. camunda:type="external"과 camunda:topic을 쓰십시오.',
    'there is no Java code here: write camunda:type="external" and camunda:topic',
)
THROWS = (
    "던지는 이벤트는 messageRef의 메시지를 보냅니다. 그 밖의 일은 서비스 태스크로 그리십시오.",
    "a throwing event sends the message of its messageRef: draw a service task for anything else",
)
LISTENER = (
    "리스너는 실행되지 않습니다. 앞이나 뒤에 스크립트 태스크나 서비스 태스크를 그리십시오.",
    "listeners do not run: draw a script task or service task before or after",
)
FORM = ("양식은 camunda:formKey로 가리킵니다.", "name the form in camunda:formKey")
NOTE = ("실행에는 쓰이지 않습니다.", "not used when the process runs")
BINDING = (
    "버전은 배포할 때 정해집니다. 이 속성을 지워 주십시오.",
    "the version is pinned at deployment: remove this attribute",
)
CODED = "serviceTask sendTask businessRuleTask"
LOOP = "multiInstanceLoopCharacteristics"

CAMUNDA_ATTRIBUTES: Mapping[str, tuple[VendorWord, ...]] = {
    "assignee": (_runs("userTask"),),
    "candidateUsers": (_runs("userTask", "쉼표로 나눕니다.", "comma separated"),),
    "candidateGroups": (_runs("userTask", "쉼표로 나눕니다.", "comma separated"),),
    "dueDate": (_runs("userTask", "`${due('W1')}` 또는 ISO 시각", "`${due('W1')}` or an ISO instant"),),
    "followUpDate": (_runs("userTask"),),
    "priority": (_runs("userTask"),),
    "formKey": (_runs("userTask startEvent"),),
    "formRef": (_refused("", *FORM),),
    "formRefBinding": (_refused("", *FORM),),
    "formRefVersion": (_refused("", *FORM),),
    "formHandlerClass": (_refused("", *FORM),),
    "initiator": (
        _refused(
            "",
            "시작한 사람은 변수로 남지 않습니다. 시작할 때 변수로 넘겨 주십시오.",
            "who started it is not set as a variable: pass it when starting",
        ),
    ),
    "type": (_runs("serviceTask", "external만", "external only"), _refused("", *THROWS)),
    "topic": (_runs("serviceTask", "등록된 토픽", "a registered topic"), _refused("", *THROWS)),
    "class": (_refused("", *CODE),),
    "delegateExpression": (_refused("", *CODE),),
    "expression": (_refused("", *CODE),),
    "decisionRef": (_runs("businessRuleTask"),),
    "resultVariable": (
        _runs("businessRuleTask"),
        _refused(
            "",
            "결과는 작업 처리기나 스크립트가 이름을 붙여 돌려줍니다. 이 속성을 지워 주십시오.",
            "handlers and scripts name their results themselves: remove this attribute",
        ),
    ),
    "mapDecisionResult": (
        _runs("businessRuleTask", "출력이 하나면 값, 여럿이면 레코드", "one output: its value; several: a record"),
    ),
    "decisionRefBinding": (_runs("businessRuleTask", "latest와 deployment만", "latest and deployment only"),),
    "decisionRefVersion": (_refused("", *BINDING),),
    "decisionRefVersionTag": (_refused("", *BINDING),),
    "decisionRefTenantId": (_refused("", *BINDING),),
    "calledElementBinding": (_runs("callActivity", "latest와 deployment만", "latest and deployment only"),),
    "calledElementVersion": (_refused("", *BINDING),),
    "calledElementVersionTag": (_refused("", *BINDING),),
    "calledElementTenantId": (_refused("", *BINDING),),
    "variableMappingClass": (_refused("", "camunda:in과 camunda:out을 쓰십시오.", "use camunda:in and camunda:out"),),
    "variableMappingDelegateExpression": (
        _refused("", "camunda:in과 camunda:out을 쓰십시오.", "use camunda:in and camunda:out"),
    ),
    "caseRef": (
        _refused("", "CMMN 사례는 실행되지 않습니다. 프로세스를 부르십시오.", "CMMN cases do not run: call a process"),
    ),
    "collection": (_runs(LOOP),),
    "elementVariable": (_runs(LOOP),),
    "errorCodeVariable": (_runs("errorEventDefinition"),),
    "errorMessageVariable": (
        _refused(
            "",
            "오류의 문장은 변수로 남지 않습니다. errorCodeVariable을 쓰십시오.",
            "the error's text is not set as a variable: use errorCodeVariable",
        ),
    ),
    "errorMessage": (_ignored("", *NOTE),),
    "escalationCodeVariable": (_runs("escalationEventDefinition"),),
    "variableName": (
        _refused(
            "",
            "조건은 어느 변수가 바뀌든 다시 봅니다. 이 속성을 지워 주십시오.",
            "the condition is looked at whenever any variable changes: remove this attribute",
        ),
    ),
    "variableEvents": (
        _refused(
            "",
            "조건은 어느 변수가 바뀌든 다시 봅니다. 이 속성을 지워 주십시오.",
            "the condition is looked at whenever any variable changes: remove this attribute",
        ),
    ),
    "resource": (
        _refused("", "스크립트와 조건은 다이어그램 안에 적으십시오.", "write scripts and conditions into the diagram"),
    ),
    "asyncBefore": (_ignored("", *JOBS),),
    "asyncAfter": (_ignored("", *JOBS),),
    "async": (_ignored("", *JOBS),),
    "exclusive": (_ignored("", *JOBS),),
    "jobPriority": (_ignored("", *JOBS),),
    "taskPriority": (_ignored("", *JOBS),),
    "historyTimeToLive": (
        _ignored("", "이력의 보관 기간은 설정에서 정합니다.", "how long history is kept is a setting"),
    ),
    "versionTag": (_ignored("", *NOTE),),
    "isStartableInTasklist": (_ignored("", *NOTE),),
    "candidateStarterUsers": (
        _ignored("", "누가 시작할 수 있는지는 권한 설정에서 정합니다.", "who may start is a matter of permissions"),
    ),
    "candidateStarterGroups": (
        _ignored("", "누가 시작할 수 있는지는 권한 설정에서 정합니다.", "who may start is a matter of permissions"),
    ),
    "diagramRelationId": (_ignored("", *NOTE),),
    "modelerTemplate": (_ignored("", *NOTE),),
    "modelerTemplateVersion": (_ignored("", *NOTE),),
}

CAMUNDA_ELEMENTS: Mapping[str, tuple[VendorWord, ...]] = {
    "in": (
        _runs(
            "callActivity",
            'source, sourceExpression, variables="all", businessKey',
            'source, sourceExpression, variables="all", businessKey',
        ),
        _refused("", "신호와 메시지에는 모든 변수가 함께 갑니다.", "only call activities have mappings"),
    ),
    "out": (
        _runs("callActivity"),
        _refused("", "호출 액티비티에서만 쓸 수 있습니다.", "only call activities have mappings"),
    ),
    "inputOutput": (_runs("", "inputParameter와 outputParameter", "inputParameter and outputParameter"),),
    "executionListener": (_refused("", *LISTENER),),
    "taskListener": (_refused("", *LISTENER),),
    "connector": (_refused("", *CODE),),
    "field": (_refused("", *CODE),),
    "formData": (_refused("", *FORM),),
    "formProperty": (_refused("", *FORM),),
    "errorEventDefinition": (
        _refused("", "작업 처리기가 오류 코드를 돌려줍니다.", "the handler reports the error's code itself"),
    ),
    "failedJobRetryTimeCycle": (_ignored("", *JOBS),),
    "properties": (_ignored("", *NOTE),),
    "potentialStarter": (
        _ignored("", "누가 시작할 수 있는지는 권한 설정에서 정합니다.", "who may start is a matter of permissions"),
    ),
    "calledElement": (_refused("", "calledElement 속성을 쓰십시오.", "use the attribute calledElement"),),
    "script": (_refused("", "스크립트 태스크를 그리십시오.", "draw a script task"),),
}

IN_INPUT_OUTPUT = {"inputParameter", "outputParameter"}


@dataclass(frozen=True, slots=True)
class Engine:
    """Another engine's namespace: what of it may stand, and what to write instead of the rest."""

    name: str
    prefix: str
    harmless: frozenset[str]
    instead: Mapping[str, Sentence]


def _instead(**words: str) -> dict[str, Sentence]:
    """Words of the other engine -> our spelling, which reads the same in both languages."""
    return {
        name: Sentence(f"{spelled} 쓰십시오.", f"write {english}")
        for name, (spelled, english) in ((name, _both(spelling)) for name, spelling in words.items())
    }


def _both(spelling: str) -> tuple[str, str]:
    return f"‘{spelling}’처럼", spelling


SAME_AS_CAMUNDA = _instead(
    assignee='camunda:assignee="…"',
    candidateUsers='camunda:candidateUsers="…"',
    candidateGroups='camunda:candidateGroups="…"',
    dueDate='camunda:dueDate="…"',
    priority='camunda:priority="…"',
    formKey='camunda:formKey="…"',
    type='camunda:type="external"',
    topic='camunda:topic="…"',
    delegateExpression='camunda:type="external" camunda:topic="…"',
    expression='camunda:type="external" camunda:topic="…"',
    collection='camunda:collection="…"',
    elementVariable='camunda:elementVariable="…"',
    decisionRef='camunda:decisionRef="…"',
    resultVariable='camunda:resultVariable="…"',
) | _instead(
    **{"class": 'camunda:type="external" camunda:topic="…"', "in": "<camunda:in …/>", "out": "<camunda:out …/>"}
)

ENGINES: Mapping[str, Engine] = {
    "http://camunda.org/schema/zeebe/1.0": Engine(
        "Camunda 8",
        "zeebe",
        frozenset(
            {
                "modelerTemplate",
                "modelerTemplateVersion",
                "modelerTemplateIcon",
                "taskHeaders",
                "header",
                "properties",
                "property",
                "userTask",
                "versionTag",
            }
        ),
        _instead(
            taskDefinition='camunda:type="external" camunda:topic="…"',
            assignmentDefinition='camunda:assignee="…" camunda:candidateGroups="…"',
            formDefinition='camunda:formKey="…"',
            userTaskForm='camunda:formKey="…"',
            ioMapping="<camunda:inputOutput>",
            input="<camunda:inputParameter>",
            output="<camunda:outputParameter>",
            calledElement='calledElement="…"',
            calledDecision='camunda:decisionRef="…" camunda:resultVariable="…"',
            subscription='charter:correlationKey="${…}"',
            loopCharacteristics='camunda:collection="…" camunda:elementVariable="…"',
            taskSchedule='camunda:dueDate="…"',
            priorityDefinition='camunda:priority="…"',
            script='<script> scriptFormat="charterflow"',
        ),
    ),
    "http://spiffworkflow.org/bpmn/schema/1.0/core": Engine(
        "SpiffWorkflow",
        "spiffworkflow",
        frozenset({"instructionsForEndUser", "properties", "property", "isOutputSynced"}),
        _instead(
            preScript="<bpmn:scriptTask>",
            postScript="<bpmn:scriptTask>",
            serviceTaskOperator='camunda:type="external" camunda:topic="…"',
            calledDecisionId='camunda:decisionRef="…"',
            messagePayload="camunda:outputParameter",
            messageVariable="camunda:outputParameter",
            allowGuest='camunda:candidateGroups="…"',
            unitTests="tests beside the diagram",
        ),
    ),
    "http://flowable.org/bpmn": Engine(
        "Flowable",
        "flowable",
        frozenset({"async", "exclusive", "skipExpression", "formFieldValidation", "isStoreResultVariableAsTransient"}),
        SAME_AS_CAMUNDA,
    ),
    "http://activiti.org/bpmn": Engine("Activiti", "activiti", frozenset({"async", "exclusive"}), SAME_AS_CAMUNDA),
    "http://operaton.org/schema/1.0/bpmn": Engine(
        "Operaton",
        "operaton",
        frozenset(
            {
                "asyncBefore",
                "asyncAfter",
                "exclusive",
                "historyTimeToLive",
                "versionTag",
                "failedJobRetryTimeCycle",
                "jobPriority",
                "properties",
                "property",
                "isStartableInTasklist",
                "diagramRelationId",
            }
        ),
        SAME_AS_CAMUNDA,
    ),
}

REMOVE = Sentence(
    "여기서는 실행되지 않습니다. 지우고 BPMN이나 camunda: 속성으로 나타내 주십시오.",
    "it does not run here: remove it and say it in BPMN or a camunda: attribute",
)
