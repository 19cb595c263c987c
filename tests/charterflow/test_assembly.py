"""Wiring: the first start, the lock of a file, secrets that outlive a restart."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from charterflow.assembly import InUse, build
from charterflow.config import Config
from engine import definitions
from workflows import organisation


def test_a_first_start_seeds_the_organisation_and_deploys_every_diagram(tmp_path: Path) -> None:
    # when
    product = build(Config(data_folder=tmp_path))

    # then
    with product.engine.reading() as tx:
        names = {one.name for one in organisation.all_users(tx)}
        deployed = {one.file for one in definitions.all_latest(tx, None)}
    drawn = {f.name for f in (Path(__file__).parents[2] / "bpmn").iterdir() if f.suffix in (".bpmn", ".dmn")}
    assert deployed == drawn
    assert set(product.passwords) == names
    assert len(set(product.passwords.values())) == len(names)
    product.engine.database.close()


def test_a_second_start_changes_nothing_and_tells_no_password(tmp_path: Path) -> None:
    # given
    first = build(Config(data_folder=tmp_path))
    first.engine.database.close()

    # when
    second = build(Config(data_folder=tmp_path))

    # then
    assert (second.is_first_start, second.passwords) == (False, {})
    with second.engine.reading() as tx:
        assert {one.version for one in definitions.all_latest(tx, None)} == {1}
    assert first.app.secret_key == second.app.secret_key
    second.engine.database.close()


def test_a_database_file_is_served_by_one_process_only(tmp_path: Path) -> None:
    # given
    first = build(Config(data_folder=tmp_path), serves=True)

    # when
    with pytest.raises(InUse) as refused:
        build(Config(data_folder=tmp_path), serves=True)

    # then
    assert "charterflow.sqlite3" in refused.value.sentence.en
    assert first.lock is not None
    first.lock.close()
    first.engine.database.close()


def test_each_rehearsal_without_an_address_begins_afresh(tmp_path: Path) -> None:
    # when
    urls = []
    for _ in range(2):
        product = build(Config(data_folder=tmp_path), rehearsal=True)
        urls.append(product.database_url)
        product.engine.database.close()

    # then
    assert urls[0] != urls[1]
    assert all(str(tmp_path) in url for url in urls)


def test_a_server_whose_port_is_taken_says_so_and_touches_no_database(tmp_path: Path) -> None:
    # given
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        # when
        command = [sys.executable, "-m", "charterflow", "serve", "--port", port]
        root = str(Path(__file__).parents[2])
        done = subprocess.run(
            command, cwd=tmp_path, env={"PYTHONPATH": root, "PATH": ""}, capture_output=True, text=True, timeout=60
        )

    # then
    assert done.returncode == 1
    assert port in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
