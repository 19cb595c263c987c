"""User tasks over HTTP: who sees them, who may complete them, and what a wrong or late answer gets."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.web.conftest import Programs

STAGES = [
    {"name_ko": "설계", "name_en": "Design", "planned_date": "2026-09-04"},
    {"name_ko": "반영", "name_en": "Release", "planned_date": "2026-11-27"},
]
PLAN: dict[str, object] = {
    "size": "L",
    "effort_md": 45,
    "planned_start": "2026-08-24",
    "planned_end": "2026-11-27",
    "decision": "accept",
    "impact": "주문 화면과 시세 연동 모듈을 함께 바꾸며 고객사 단말의 설정이 한 번 필요합니다.",
    "stages": STAGES,
}


def claimed(programs: Programs, by: str = "a") -> dict[str, Any]:
    programs.open_case()
    task = programs.tasks(by)[0]
    assert programs.post(f"/api/tasks/{task['id']}/claim", by=by).status_code == 200
    return dict(programs.get(f"/api/tasks/{task['id']}", by=by).json or {})


def test_a_task_lies_with_its_group_and_shows_its_promise(programs: Programs) -> None:
    # given
    opened = programs.open_case()

    # when
    (task,) = programs.tasks("a")

    # then
    assert task["element_id"] == "Task_Review"
    assert task["case"] == opened["case"]
    assert task["name_en"]
    assert task["promise"]["clause"] == "C2"
    assert task["promise"]["due_at"] == "2026-08-18T10:55:00+09:00"
    assert programs.tasks("c") == []


def test_a_task_comes_with_its_form_in_both_languages(programs: Programs) -> None:
    # when
    task = claimed(programs)

    # then
    fields = {field["name"]: field for field in task["form"]["fields"]}
    assert fields["size"]["label"] != fields["size"]["label_en"]
    assert {o["value"] for o in fields["size"]["options"]} == {"S", "M", "L", "XL"}


def test_a_claimed_task_is_mine_and_no_longer_the_groups(programs: Programs) -> None:
    # when
    task = claimed(programs)

    # then
    assert [t["id"] for t in programs.tasks("a", "mine")] == [task["id"]]
    assert programs.tasks("a") == []


def test_a_task_given_back_lies_with_the_group_again(programs: Programs) -> None:
    # given
    task = claimed(programs)

    # when
    answer = programs.post(f"/api/tasks/{task['id']}/unclaim", by="a")

    # then
    assert answer.status_code == 200
    assert [t["id"] for t in programs.tasks("a")] == [task["id"]]


def test_completing_a_task_moves_the_case_on(programs: Programs) -> None:
    # given
    task = claimed(programs)

    # when
    answer = programs.post(f"/api/tasks/{task['id']}/complete", {"version": task["version"], "values": PLAN}, by="a")

    # then
    assert answer.status_code == 200, answer.text
    assert [t["element_id"] for t in programs.tasks("m")] == ["Task_ApproveReview"]


def test_a_wrong_value_is_refused_beside_its_field_and_changes_nothing(programs: Programs) -> None:
    # given
    task = claimed(programs)
    values = {**PLAN, "planned_end": "2026-09-01"}

    # when
    answer = programs.post(f"/api/tasks/{task['id']}/complete", {"version": task["version"], "values": values}, by="a")

    # then
    assert answer.status_code == 422
    assert any(key.startswith("stages") for key in (answer.json or {})["errors"])
    assert (programs.get(f"/api/tasks/{task['id']}", by="a").json or {})["version"] == task["version"]


def test_a_task_of_another_team_is_not_there(programs: Programs) -> None:
    # given
    task = claimed(programs)

    # when
    seen = programs.get(f"/api/tasks/{task['id']}", by="c")
    done = programs.post(f"/api/tasks/{task['id']}/complete", {"version": "nonsense", "extra": 1}, by="c")
    nothing = programs.get("/api/tasks/99999", by="c")

    # then
    assert (seen.status_code, done.status_code, nothing.status_code) == (404, 404, 404)
    assert (seen.json or {})["detail"] == (nothing.json or {})["detail"]


def test_nobody_sees_tasks_without_signing_in(programs: Programs) -> None:
    assert programs.get("/api/tasks").status_code == 401
    assert programs.post("/api/tasks/1/complete", {"version": 1}).status_code == 401


def test_a_stale_version_is_a_conflict(programs: Programs) -> None:
    # given
    task = claimed(programs)

    # when
    answer = programs.post(
        f"/api/tasks/{task['id']}/complete", {"version": task["version"] - 1, "values": PLAN}, by="a"
    )

    # then
    assert answer.status_code == 409


def test_a_second_completion_says_who_was_first_and_when(programs: Programs) -> None:
    # given
    task = claimed(programs)
    body = {"version": task["version"], "values": PLAN}
    programs.post(f"/api/tasks/{task['id']}/complete", body, by="a")

    # when
    answer = programs.post(f"/api/tasks/{task['id']}/complete", body, by="a")

    # then
    assert answer.status_code == 409
    assert (answer.json or {})["by"] == "a"
    assert (answer.json or {})["at"] == "2026-08-10T10:55:00+09:00"


def test_two_completions_at_the_same_moment_count_once(programs: Programs) -> None:
    # given
    task = claimed(programs)
    body = {"version": task["version"], "values": PLAN}
    barrier, statuses = threading.Barrier(2), []

    def press() -> None:
        barrier.wait()
        statuses.append(programs.post(f"/api/tasks/{task['id']}/complete", body, by="a").status_code)

    # when
    pressed = [threading.Thread(target=press) for _ in range(2)]
    for one in pressed:
        one.start()
    for one in pressed:
        one.join()

    # then
    assert sorted(statuses) == [200, 409]
    assert len(programs.tasks("m")) == 1


def test_a_draft_is_kept_and_shown_again(programs: Programs) -> None:
    # given
    task = claimed(programs)

    # when
    answer = programs.post(f"/api/tasks/{task['id']}/draft", {"values": {"impact": "아직"}}, by="a")

    # then
    assert answer.status_code == 200
    assert (programs.get(f"/api/tasks/{task['id']}", by="a").json or {})["values"]["impact"] == "아직"
    assert programs.post(f"/api/tasks/{task['id']}/draft", {"values": {"is_admin": 1}}, by="a").status_code == 400


@pytest.mark.parametrize(("to", "status"), [("a", 200), ("c", 200), ("nobody", 422)])
def test_a_manager_gives_a_task_to_a_member_of_staff(programs: Programs, to: str, status: int) -> None:
    # given
    task = claimed(programs)

    # when
    answer = programs.post(f"/api/tasks/{task['id']}/reassign", {"to": to}, by="m")

    # then
    assert answer.status_code == status, answer.text


def test_a_handler_reassigns_nothing(programs: Programs) -> None:
    # given
    task = claimed(programs)

    # when
    answer = programs.post(f"/api/tasks/{task['id']}/reassign", {"to": 7}, by="a")

    # then
    assert answer.status_code == 403
