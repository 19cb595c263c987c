"""Settings: defaults for a laptop, secrets from files, and a refusal that names itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from charterflow.config import BadSetting, read_config, unknown_settings

BAD = [
    ("CHARTERFLOW_DATABASE_URL", "mysql://db/x"),
    ("CHARTERFLOW_DATABASE_URL", "postgresql://db:notaport/x"),
    ("CHARTERFLOW_REDIS_URL", "http://localhost"),
    ("CHARTERFLOW_SMTP_URL", "mail.example"),
    ("CHARTERFLOW_SECRET_KEY", "short"),
    ("CHARTERFLOW_PUBLIC_URL", "charter.example"),
    ("CHARTERFLOW_PUBLIC_URL", "https://"),
    ("CHARTERFLOW_ORGANISATION", "two\nlines"),
    ("CHARTERFLOW_LEASE_SECONDS", "0"),
    ("CHARTERFLOW_LEASE_SECONDS", "soon"),
    ("CHARTERFLOW_LOG_LEVEL", "LOUD"),
    ("CHARTERFLOW_PUBLIC_FORMS_PER_HOUR", "-1"),
    ("CHARTERFLOW_SIGN_IN_FAILURES_PER_MINUTE", "many"),
    ("CHARTERFLOW_UPLOAD_MEGABYTES", "0"),
    ("CHARTERFLOW_CALLOUT_HOSTS", "http://x/y"),
    ("CHARTERFLOW_BEHIND_PROXIES", "11"),
]


def test_an_empty_environment_gives_what_works_on_a_laptop() -> None:
    # given
    environment: dict[str, str] = {}

    # when
    config = read_config(environment)

    # then
    assert (config.database_url, config.redis_url, config.smtp_url) == (None, None, None)
    assert config.organisation == "코스콤"
    assert config.lease_seconds == 30


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_refuses_the_start_and_names_its_setting(name: str, value: str) -> None:
    # when
    with pytest.raises(BadSetting) as refused:
        read_config({name: value})

    # then
    assert name in str(refused.value)


def test_a_bad_secret_is_named_and_not_shown() -> None:
    # when
    with pytest.raises(BadSetting) as refused:
        read_config({"CHARTERFLOW_DATABASE_URL": "mysql://user:hunter2@db/x"})

    # then
    assert "hunter2" not in str(refused.value)


def test_a_secret_comes_from_a_file_as_well(tmp_path: Path) -> None:
    # given
    file = tmp_path / "key"
    file.write_text("k" * 40 + "\n")

    # when
    config = read_config({"CHARTERFLOW_SECRET_KEY_FILE": str(file)})

    # then
    assert config.secret_key == "k" * 40


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    # given
    file = tmp_path / "key"
    file.write_text("k" * 40)

    # when
    with pytest.raises(BadSetting, match="not both"):
        read_config({"CHARTERFLOW_SECRET_KEY_FILE": str(file), "CHARTERFLOW_SECRET_KEY": "x" * 40})


def test_a_secret_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadSetting, match="CHARTERFLOW_SMTP_URL_FILE"):
        read_config({"CHARTERFLOW_SMTP_URL_FILE": "/nowhere/at/all"})


def test_a_slip_of_the_pen_in_a_setting_is_noticed() -> None:
    # when
    found = unknown_settings({"CHARTERFLOW_ORGANIZATION": "x", "CHARTERFLOW_PUBLIC_URL": "y", "HOME": "z"})

    # then
    assert found == ["CHARTERFLOW_ORGANIZATION"]
