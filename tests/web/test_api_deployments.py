"""Deployments and instances over HTTP: what is refused and why, and running what was deployed."""

from __future__ import annotations

import io
from xml.sax.saxutils import escape

import pytest
from werkzeug.test import TestResponse

from tests.web.conftest import Programs

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">'
    '<process id="p" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="k"/>'
)
TAIL = '<sequenceFlow id="g" sourceRef="k" targetRef="e"/><endEvent id="e"/></process></definitions>'
USER_TASK = (HEAD + '<userTask id="k" name="확인"/>' + TAIL).encode()
MEGABYTE = 1024 * 1024


def script(text: str) -> bytes:
    task = f'<scriptTask id="k" scriptFormat="charterflow"><script>{escape(text)}</script></scriptTask>'
    return (HEAD + task + TAIL).encode()


def deploy(programs: Programs, files: dict[str, bytes], *, by: str | None = "admin", **form: str) -> TestResponse:
    client = programs.product.app.test_client()
    data = {**form, "files": [(io.BytesIO(content), name) for name, content in files.items()]}
    auth = (by, "rehearsal") if by else None
    return client.post("/api/deployments", data=data, content_type="multipart/form-data", auth=auth)


def test_an_admin_deploys_and_the_file_comes_back_byte_by_byte(programs: Programs) -> None:
    # when
    answer = deploy(programs, {"p.bpmn": USER_TASK})

    # then
    assert answer.status_code == 201, answer.text
    assert [(v["key"], v["version"]) for v in (answer.json or {})["versions"]] == [("p", 1)]
    assert programs.get("/api/processes/p/versions/1.bpmn", by="a").data == USER_TASK
    assert [v["version"] for v in (programs.get("/api/processes/p/versions", by="a").json or {})["items"]] == [1]


def test_a_dry_run_deploys_nothing(programs: Programs) -> None:
    # when
    answer = deploy(programs, {"p.bpmn": USER_TASK}, dry_run="true")

    # then
    assert answer.status_code == 200
    assert programs.get("/api/processes/p/versions", by="a").status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + USER_TASK,
        script("import os"),
        script("().__class__.__base__"),
    ],
    ids=["empty", "text", "picture", "doctype", "import", "attributes"],
)
def test_what_may_not_be_deployed_is_refused_with_findings(programs: Programs, content: bytes) -> None:
    # when
    answer = deploy(programs, {"p.bpmn": content})

    # then
    assert answer.status_code == 422
    found = (answer.json or {})["findings"]
    assert found
    assert {"file", "line", "element_id", "rule", "message", "message_en", "severity"} <= set(found[0])
    assert "root:" not in answer.text
    assert programs.get("/api/processes/p/versions", by="a").status_code == 404


def test_one_bad_file_keeps_the_good_ones_out(programs: Programs) -> None:
    # given
    other = USER_TASK.replace(b'id="p"', b'id="other"')

    # when
    answer = deploy(programs, {"p.bpmn": script("import os"), "other.bpmn": other})

    # then
    assert answer.status_code == 422
    assert programs.get("/api/processes/other/versions", by="a").status_code == 404


def test_a_file_that_is_far_too_large_is_not_taken(programs: Programs) -> None:
    # given
    large = USER_TASK.replace(b"</process>", b"<!--" + b"x" * (21 * MEGABYTE) + b"--></process>")
    head = b'--cut\r\nContent-Disposition: form-data; name="files"; filename="p.bpmn"\r\n\r\n'
    body = head + large + b"\r\n--cut--\r\n"

    # when
    client = programs.product.app.test_client()
    kind = "multipart/form-data; boundary=cut"
    answer = client.post("/api/deployments", data=body, content_type=kind, auth=("admin", "rehearsal"))

    # then
    assert answer.status_code == 413
    assert (answer.json or {})["error_id"]


@pytest.mark.parametrize(("by", "status"), [(None, 401), ("a", 403), ("auditor", 403), ("owner", 201), ("admin", 201)])
def test_who_may_deploy(programs: Programs, by: str | None, status: int) -> None:
    assert deploy(programs, {"p.bpmn": USER_TASK}, by=by).status_code == status


def test_staff_starts_a_process_and_completes_its_task_with_nothing(programs: Programs) -> None:
    # given
    deploy(
        programs,
        {"p.bpmn": USER_TASK.replace(b'name="', b'xmlns:c="http://camunda.org/schema/1.0/bpmn" c:assignee="a" name="')},
    )

    # when
    started = programs.post("/api/instances", {"process": "p", "variables": {"x": 1}}, by="a").json
    assert started is not None
    task = programs.tasks("a", "mine")[0]
    done = programs.post(f"/api/tasks/{task['id']}/complete", {"version": task["version"], "values": {}}, by="a")

    # then
    assert done.status_code == 200, done.text
    seen = programs.get(f"/api/instances/{started['instance']}", by="a").json
    assert seen is not None
    assert (seen["state"], seen["variables"]) == ("completed", {"x": 1})
    assert [(h["kind"], h["element_id"]) for h in seen["history"]][-1] == ("ended", "p")


def test_an_instance_of_somebody_else_is_not_there(programs: Programs) -> None:
    # given
    deploy(programs, {"p.bpmn": USER_TASK})
    started = programs.post("/api/instances", {"process": "p"}, by="a").json or {}

    # then
    assert programs.get(f"/api/instances/{started['instance']}", by="b").status_code == 404
    assert programs.get(f"/api/instances/{started['instance']}", by="q").status_code == 200
