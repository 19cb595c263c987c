"""CharterProcess: what a process folder says about itself beside its diagram, forms and mail texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.errors import Sentence
from engine.process_application import Topic
from engine.transaction import Transaction


@dataclass(frozen=True, slots=True)
class MilestoneText:
    """The customer's words for one milestone code; `side` states are shown only once reached.

    A code that ends in `_n` stands for STAGE_1, STAGE_2 …: those take its place in the order, and `instead_of` is not
    shown once one of them is planned.
    """

    code: str
    ko: str
    en: str
    side: bool = False
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class CharterProcess:
    """One process of the charter.

    - `start_form`: form key of the start event; None where nobody starts it by a form
    - `public`: customers start it without signing in; `page`: the address of that page
    - `channels`: how a case may come in (web, phone, email, visit, staff, walk_in …)
    - `start_groups`: groups whose members may start it, or enter it on a customer's behalf; empty: all staff
    - `ends`: end states beyond the common ones, with their words
    - `title`: template over the start variables that gives the case its title
    - `anonymous`: may be entered without any contact (number and PIN instead of mails)
    - `hides_informant`: identity of the customer only for the charter office (charter.md §4)
    - `posts_answers`: its answers stand on the tracking page too: a mail that comes back takes no proof away
    - `jobs`: handlers of durable jobs of its own, by kind (in one transaction with the job's completion)
    - `retention`: how long after its end personal fields are kept, as `3y`, `30d`
    """

    name: str
    ko: str
    en: str
    clauses: tuple[str, ...] = ()
    milestones: tuple[MilestoneText, ...] = ()
    start_form: str | None = None
    public: bool = False
    channels: tuple[str, ...] = ("web", "phone", "email")
    topics: tuple[Topic, ...] = ()
    ends: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    retention: str = "3y"
    start_groups: tuple[str, ...] = ()
    title: str = "${title}"
    anonymous: bool = False
    hides_informant: bool = False
    posts_answers: bool = False
    page: str | None = None
    jobs: Mapping[str, Callable[[Transaction, Mapping[str, object]], None]] = field(default_factory=dict)

    def milestone(self, code: str) -> MilestoneText | None:
        """Return the wording of a code, or None where the table has none."""
        return next((m for m in self.milestones if m.code == code), None)

    def end_words(self, state: str) -> Sentence:
        """Return the words for an end state, its own before the common ones."""
        ko, en = self.ends.get(state) or COMMON_ENDS.get(state) or (state, state)
        return Sentence(ko, en)


COMMON_ENDS: Mapping[str, tuple[str, str]] = {
    "DONE": ("처리 완료", "Done"),
    "CANCELLED_BY_CUSTOMER": ("고객 취소", "Cancelled by you"),
    "CANCELLED": ("취소", "Cancelled"),
    "REJECTED": ("반영 어려움", "Not possible"),
    "MERGED_DUPLICATE": ("함께 처리", "Merged"),
    "SPAM": ("광고성 내용", "Spam"),
    "NO_ANSWER": ("회신 없음", "No answer"),
    "MOVED": ("다른 절차로 옮김", "Moved to another process"),
    "FAILED": ("처리하지 못함", "Failed"),
}
