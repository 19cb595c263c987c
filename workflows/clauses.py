"""The 35 clauses of the charter as data: its words, who keeps them, how they are measured (charter.md §1)."""
# ruff: noqa: E501 - quoted sentences stand on one line, and a Hangul counts twice

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from engine.errors import Sentence


class ClauseKind(StrEnum):
    """How a clause is measured: a clock, an observation, an activity, or a request to the customer."""

    TIMED = "T"
    OBSERVED = "O"
    ACTIVITY = "A"
    REQUEST = "Q"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. `ko` is quoted from the charter and never edited; `figure` names the number that is published.

    - `kinds`: the letters of charter.md §1, the leading one first
    - `warn`: when its promises warn, unless the diagram says otherwise: `80%`, `-1bd`, several, or `none` (§0.3)
    - `pausable`: items whose clock may stand still while we wait for the customer; `*` for all, empty for none
    - `source`: where the figure comes from, when it is not the clock
    """

    id: str
    name: Sentence
    ko: str
    en: str
    kinds: tuple[ClauseKind, ...]
    processes: tuple[str, ...]
    figure: Sentence
    warn: str = "80%"
    pausable: tuple[str, ...] = ()
    source: Sentence | None = None

    @property
    def kind(self) -> ClauseKind:
        return self.kinds[0]

    def may_pause(self, item: str) -> bool:
        """Whether a promise of this clause and item may stand still while we wait for the customer."""
        return "*" in self.pausable or item in self.pausable


T, O, A, Q = ClauseKind.TIMED, ClauseKind.OBSERVED, ClauseKind.ACTIVITY, ClauseKind.REQUEST  # noqa: E741
OWN_RECORD = Sentence("자체 기록", "own record")


def _clause(
    clause_id: str,
    name: tuple[str, str],
    ko: str,
    en: str,
    kinds: tuple[ClauseKind, ...],
    processes: tuple[str, ...],
    figure: tuple[str, str],
    *,
    warn: str = "80%",
    pausable: tuple[str, ...] = (),
    source: Sentence | None = None,
) -> Clause:
    return Clause(
        clause_id,
        Sentence(*name),
        ko,
        en,
        kinds,
        processes,
        Sentence(*figure),
        warn=warn,
        pausable=pausable,
        source=source,
    )


ALL = (
    _clause(
        "S1", ("선언", "Statement"),
        "코스콤은 최고의 자본시장 IT 서비스를 제공함으로써 고객으로부터 신뢰받고, 자본시장 발전에 기여하도록 노력하겠습니다",
        "We strive to earn customers' trust and contribute to the capital market by providing the best capital-market IT service",
        (O,), ("survey", "charter_compliance"), ("전반 만족도 4.0점 이상", "Overall satisfaction of at least 4.0"),
    ),
    _clause(
        "D1", ("다짐", "Declaration"),
        "우리는 이와 같은 약속을 지키기 위하여 구체적인 서비스 이행표준을 정하고, 임직원 모두가 이를 성실히 이행하겠습니다",
        "To keep these promises we set concrete service standards and all of us will carry them out faithfully",
        (A,), ("charter_compliance",), ("모든 조항에 절차와 실적이 있음", "Every clause has a process and a figure"),
    ),
    _clause(
        "P1", ("하나, 첫째", "Pledge 1"), "고객의 의견을 열린 마음으로 경청하겠습니다",
        "We listen to customers' opinions with an open mind",
        (A, O), ("voc_review", "product_idea"), ("내용 있는 답변의 비율", "Share of opinions with a substantive reply"),
    ),
    _clause(
        "P2", ("하나, 둘째", "Pledge 2"), "고객가치 창출을 위한 상품 개발에 최선을 다하겠습니다",
        "We do our best to develop products creating customer value",
        (T,), ("product_idea",), ("제안 검토결과를 제때 알림", "Ideas answered in time"), pausable=("*",),
    ),
    _clause(
        "P3", ("하나, 셋째", "Pledge 3"), "고객에게 신속하고 정확한 서비스를 제공하겠습니다", "Prompt and accurate service",
        (T, O), ("request_handling", "regulatory_change", "support_inquiry", "voc_review"),
        ("제때 처리한 비율과 다시 처리한 비율", "Share on time, and share done again"),
    ),
    _clause(
        "P4", ("하나, 넷째", "Pledge 4"), "고객에게 감동을 주는 서비스 환경을 조성하겠습니다", "We create a service environment that delights",
        (O,), ("service_quality_check",), ("응대 품질 점검 90점 이상", "Quality checks of at least 90"),
    ),
    _clause(
        "P5", ("하나, 다섯째", "Pledge 5"), "고객과 사회로부터 신뢰받는 경영활동을 전개하겠습니다", "Management trusted by customers and society",
        (T,), ("charter_compliance",), ("이행실적을 제때 공표", "Figures published in time"),
    ),
    _clause(
        "P6", ("하나, 여섯째", "Pledge 6"), "고객에게 불편을 초래할 경우 즉시 시정조치 하겠습니다",
        "If we cause inconvenience we correct it at once",
        (T,), ("incident", "complaint_reward", "correction"), ("시정을 바로 시작하고 알림", "Corrections started and told at once"),
    ),
    _clause(
        "C1", ("핵심 1항", "Core 1"), "365일내내 장애가 발생하지 않도록 최선을 다하겠습니다", "Best efforts for no failures 365 days a year",
        (O, T), ("incident", "planned_interruption"), ("서비스 가용률과 제때 알린 장애", "Availability, and incidents told in time"),
        warn="none",
    ),
    _clause(
        "C2", ("핵심 2항", "Core 2"),
        "고객의 요청사항(시스템변경, 신규개발, 화면 및 기능의 추가/변경 등)은 변경 규모, 기간 등을 검토하여 최대한 신속하게 결과를 알려 드리겠습니다",
        "Requests (system change, new development, screens/functions) are reviewed for size, duration etc. "
        "and the result notified as quickly as possible",
        (T,), ("request_handling",), ("검토결과를 제때 알린 요청", "Requests whose review result was told in time"), pausable=("*",),
    ),
    _clause(
        "C3", ("핵심 3항", "Core 3"), "제도의 신규, 변경 시행에 따른 업무 변동사항은 요청기한 내에 처리를 완료하겠습니다",
        "Work changes due to new/changed regulations are completed within the requested deadline",
        (T,), ("regulatory_change",), ("요청기한 안에 마친 제도 변경", "Regulatory changes done by the requested date"),
        warn="50%, 80%, -5bd, -1bd",
    ),
    _clause(
        "C4", ("핵심 4항", "Core 4"), "고객의 요청사항 처리에 1개월 이상 소요될 경우에는 주요 단계별로 중간 진행상황을 알려 드리겠습니다",
        "When a request takes a month or more, interim progress is notified at each major stage",
        (T,), ("request_handling", "regulatory_change", "product_idea"), ("제때 알린 진행상황", "Progress told in time"),
    ),
    _clause(
        "C5", ("핵심 5항", "Core 5"),
        "고객지원센터에 문의하신 사항은 즉시 처리하겠으며, 장시간이 예상되는 경우에는 처리 예정시간을 사전에 알려 드리겠습니다",
        "Support-centre inquiries are handled at once; if long, the expected time is told beforehand",
        (T,), ("support_inquiry",), ("제때 답하거나 예정시간을 알린 문의", "Inquiries answered, or given a time, at once"), pausable=("*",),
    ),
    _clause(
        "C6", ("핵심 6항", "Core 6"),
        "서비스 중단(제도의 변경, 서비스 개선, 시스템 정기 점검 등)이 예상되는 경우, 고객의 업무에 차질이 발생하지 않도록 사전에 알려 드리겠습니다",
        "Expected interruptions (regulation, improvement, regular maintenance) are announced in advance "
        "so customers' work is not disrupted",
        (T,), ("planned_interruption",), ("미리 알린 서비스 중단", "Interruptions announced in advance"), warn="-1bd",
    ),
    _clause(
        "T1", ("전화 1항", "Telephone 1"),
        "전화벨이 3번 울릴 때까지 항상 친절한 태도로 인사와 함께 수화자의 소속과 성명을 밝히겠습니다",
        "Answer by the 3rd ring with a kind greeting, stating department and name",
        (T, O), ("phone_call", "service_quality_check"), ("3번 울리기 전에 받은 전화", "Calls answered by the third ring"),
        warn="none", source=OWN_RECORD,
    ),
    _clause(
        "T2", ("전화 2항", "Telephone 2"), "전화벨이 4번 이상 울렸을 때에는 \"늦게 받아 죄송합니다\" 라는 양해의 말을 하겠습니다",
        "From the 4th ring say \"sorry for the late answer\"",
        (O,), ("phone_call", "service_quality_check"), ("늦게 받고 양해를 구한 전화", "Late answers with an apology"),
        warn="none", source=OWN_RECORD,
    ),
    _clause(
        "T3", ("전화 3항", "Telephone 3"),
        "통화를 마칠 때에는 \"감사합니다\" 라는 끝인사를 하고 고객보다 늦게 수화기를 내려 놓겠습니다",
        "Close with \"thank you\" and hang up after the customer",
        (O,), ("phone_call", "service_quality_check"), ("끝인사를 한 전화", "Calls closed with thanks"), warn="none", source=OWN_RECORD,
    ),
    _clause(
        "T4", ("전화 4항", "Telephone 4"), "고객에게 응대할 때에는 정중하고도 쉬운 언어를 사용하며 성의 있는 자세로 응하겠습니다",
        "Polite, easy language and a sincere attitude",
        (O,), ("service_quality_check",), ("언어 점검 90점 이상", "Language checks of at least 90"), warn="none",
    ),
    _clause(
        "T5", ("전화 5항", "Telephone 5"),
        "업무담당자가 부재중이면 요구사항을 처리할 수 있는 직원 또는 담당 관리자가 5분 이내에 고객에게 전화 연락을 드리도록 하겠습니다",
        "If the person in charge is away, a capable colleague or manager calls back within 5 minutes",
        (T,), ("phone_call",), ("5분 안에 회신한 전화", "Calls returned within five minutes"), warn="none",
    ),
    _clause(
        "T6", ("전화 6항", "Telephone 6"),
        "전화를 받은 직원이 답변을 못해 업무담당자를 연결해 줄 때에는 통화 내용을 전달하여 가능한 동일한 내용을 반복하여 말하는 일이 없도록 하겠습니다",
        "On transfer the content is passed on so the customer need not repeat it",
        (O,), ("phone_call", "support_inquiry"), ("내용을 전하고 연결한 전화", "Transfers with a summary"), warn="none", source=OWN_RECORD,
    ),
    _clause(
        "V1", ("방문 1항", "Visit 1"), "안내데스크에서는 안내직원이 밝은 미소로 “안녕하십니까?” 라는 인사로 친절하게 고객을 맞이하겠습니다",
        "Reception greets with a smile and \"안녕하십니까?\"",
        (O,), ("visit_inbound", "service_quality_check"), ("인사로 맞이한 방문", "Visitors greeted"), warn="none", source=OWN_RECORD,
    ),
    _clause(
        "V2", ("방문 2항", "Visit 2"), "안내직원이 신분증과 출입증을 교환해드리며, 고객 접견실로 친절하게 안내해 드리겠습니다",
        "ID/pass exchange and guidance to the reception room",
        (A, T), ("visit_inbound", "service_quality_check"), ("그날 돌려받은 출입증", "Passes returned the same day"), warn="none",
    ),
    _clause(
        "V3", ("방문 3항", "Visit 3"),
        "방문 전에 방문목적, 날짜, 시간을 업무 담당자에게 미리 알려주시면, 업무 담당자가 약속된 시간에 고객 접견실에서 맞이하겠습니다",
        "With purpose, date, time told beforehand, the person in charge meets the visitor at the agreed time in the reception room",
        (T,), ("visit_inbound",), ("약속한 시간에 맞이한 방문", "Visitors met at the agreed time"), warn="none",
    ),
    _clause(
        "V4", ("방문 4항", "Visit 4"), "고객을 엘리베이터 앞까지 배웅하고 “좋은 하루 되십시오” 라고 정중하게 인사하겠습니다",
        "See-off to the lift with \"Have a good day\"",
        (O,), ("visit_inbound", "service_quality_check"), ("배웅한 방문", "Visitors seen off"), warn="none", source=OWN_RECORD,
    ),
    _clause(
        "O1", ("고객 방문 1항", "Our visit 1"),
        "고객님을 방문할 경우에 고객님께 사전에 연락을 드려 가급적 편리한 시간을 정하고, 단정한 복장과 밝은 모습으로 방문하겠습니다",
        "Contact beforehand, agree a convenient time, visit neatly dressed and bright",
        (T,), ("visit_outbound", "service_quality_check"), ("미리 시간을 정하고 간 방문", "Visits agreed beforehand"),
    ),
    _clause(
        "O2", ("고객 방문 2항", "Our visit 2"), "업무를 마치고 퇴실할 때에는 업무처리 결과를 해당 업무 담당자에게 설명하겠습니다",
        "On leaving, explain the result to the person in charge",
        (T,), ("visit_outbound",), ("결과를 설명하고 보낸 방문", "Visits whose result was explained and sent"),
    ),
    _clause(
        "W1", ("인터넷 1항", "Web 1"),
        "회사 홈페이지(www.koscom.co.kr)의 ‘고객의 소리’를 통해 접수하신 의견 및 요구사항은 접수후 1일 이내에 검토결과를 알려드리겠습니다",
        "VoC opinions and demands get the review result within 1 day of receipt",
        (T,), ("voc_review",), ("1일 안에 검토결과를 알린 의견", "Opinions answered within one day"),
    ),
    _clause(
        "W2", ("인터넷 2항", "Web 2"),
        "‘고객의 소리’ 게시판에 이름, 연락처, 이메일을 정확히 알려주시면 검토 및 최종 처리 결과를 보다 신속히 알려드리겠습니다",
        "With accurate name, contact, e-mail the review and final results are told faster",
        (T,), ("voc_review",), ("최종 결과를 바로 알린 의견", "Final results told at once"),
    ),
    _clause(
        "E1", ("평가 1항", "Evaluation 1"),
        "서비스에 대한 조사를 통하여 우리의 서비스 수준을 정확히 평가하고, 그 결과를 업무 및 서비스 개선에 적극적으로 반영하겠습니다",
        "Measure service level by surveys and reflect results in improvement",
        (A, T), ("survey",), ("조사와 개선 활동", "Surveys and improvements"),
    ),
    _clause(
        "E2", ("평가 2항", "Evaluation 2"), "서비스 조사결과는 저희 홈페이지에 공표 하도록 하겠습니다",
        "Survey results are published on the homepage",
        (T,), ("survey",), ("제때 공표한 조사 결과", "Survey results published in time"),
    ),
    _clause(
        "K1", ("협조 1항", "Cooperation 1"),
        "서비스 수준 향상을 위한 다양한 활동(방문, 의견요청, 설문조사 등) 추진 시 업무처리가 효율적으로 이루어질 수 있도록 적극적인 협조를 부탁 드립니다",
        "Please cooperate with visits, opinion requests, surveys",
        (Q,), ("visit_outbound", "survey"), ("조사 응답률", "Survey response rate"),
    ),
    _clause(
        "K2", ("협조 2항", "Cooperation 2"), "불친절하거나 불편하신 점들은 즉시 알려주시어 바로 시정하게 해 주시기 바랍니다",
        "Tell us unkindness or inconvenience at once so we can correct it",
        (Q,), ("complaint_reward",), ("알려 주신 불편", "Reports of inconvenience"),
    ),
    _clause(
        "K3", ("협조 3항", "Cooperation 3"), "모범적인 직원을 보신 경우 적극 알려주시면 널리 본보기로 삼겠습니다",
        "Tell us of exemplary staff; we will hold them up as examples",
        (T,), ("compliment",), ("제때 답한 칭찬", "Compliments acknowledged in time"),
    ),
    _clause(
        "F1", ("보상 1항", "Reward 1"), "직원의 업무 처리시의 실수나 잘못된 서비스에 대해서는 즉시 시정조치 하겠습니다",
        "Mistakes or wrong service are corrected immediately",
        (T,), ("correction",), ("제때 시작하고 마친 시정", "Corrections started and done in time"),
    ),
    _clause(
        "F2", ("보상 2항", "Reward 2"),
        "불친절 또는 고객 불만 사례를 접수 받아 사실이 확인되면 정보를 제공하신 분에게 소정의 사례품을 지급하겠습니다",
        "When a reported unkindness/complaint is confirmed as fact, the informant receives a small gift",
        (T,), ("complaint_reward",), ("제때 확인하고 보낸 사례품", "Complaints checked and gifts sent in time"), pausable=("verify",),
    ),
)  # fmt: skip

CLAUSES: Mapping[str, Clause] = MappingProxyType({clause.id: clause for clause in ALL})


def clause(clause_id: str) -> Clause:
    """Return the clause of that id; raises KeyError."""
    return CLAUSES[clause_id]


def keeping(process: str) -> tuple[Clause, ...]:
    """Return the clauses that a process keeps, in the charter's order."""
    return tuple(c for c in ALL if process in c.processes)
