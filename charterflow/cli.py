"""The commands: serve, work, migrate, check, deploy, export, play, figures, verify-audit. Exit 1 refused, 2 misused."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from charterflow import __version__
from charterflow.config import BadSetting, Config, read_config, unknown_settings
from charterflow.logs import write_logs
from engine.errors import DeploymentRefused, EngineError, Finding, InvalidForm

REFUSED, MISUSED = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; errors are one line on standard error, without a traceback."""
    options = parser().parse_args(arguments)
    try:
        config = read_config()
        write_logs(config.log_level)
        for name in unknown_settings():
            complain(f"{name}: no such setting; it changes nothing.")
        return int(options.command(options, config))
    except BadSetting as error:
        complain(str(error))
        return MISUSED
    except DeploymentRefused as error:
        tell_findings(error.findings)
        return REFUSED
    except InvalidForm as error:
        for name, sentences in error.errors.items():
            complain(f"{name}: {' '.join(one.en for one in sentences)}")
        return REFUSED
    except EngineError as error:
        complain(error.sentence.en)
        return REFUSED
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        complain(f"{error.filename}: {error.strerror}.")
        return MISUSED
    except BrokenPipeError:  # the reader of our output went away; nothing to say, and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of every command and its options."""
    top = argparse.ArgumentParser(
        prog="charterflow", description="Every clause of a customer service charter as a live BPMN process."
    )
    top.add_argument("--version", action="version", version=f"charterflow {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("serve", help="the web product, with a worker of its own unless Redis is configured")
    one.add_argument("--host", default="127.0.0.1", help="address to listen at (127.0.0.1)")
    one.add_argument("--port", type=port, default=8000, help="port (8000)")
    one.add_argument("--rehearsal", action="store_true", help="virtual clock, fresh database, captured mails")
    one.add_argument(
        "--now", type=instant, help="where the virtual clock of a fresh rehearsal starts (ISO 8601 with offset)"
    )
    one.add_argument("--workers", type=positive, default=8, help="requests answered at a time (8)")
    one.set_defaults(command=serve)

    one = commands.add_parser("work", help="workers and the poller of due jobs, for PostgreSQL and Redis")
    one.add_argument("--processes", type=positive, default=1, help="worker processes (1)")
    one.add_argument("--threads", type=positive, default=4, help="threads in each (4)")
    one.add_argument("--until-eof", action="store_true", help=argparse.SUPPRESS)  # how its own parent starts it
    one.set_defaults(command=work)

    one = commands.add_parser("migrate", help="bring the database to this version; refuses a newer one")
    one.set_defaults(command=migrate_database)

    one = commands.add_parser("check", help="what deployment would say of files; exit 1 if anything is refused")
    one.add_argument("files", nargs="+", metavar="FILE")
    one.add_argument("--json", action="store_true", help="findings as JSON")
    one.set_defaults(command=check)

    one = commands.add_parser("deploy", help="deploy files together")
    one.add_argument("files", nargs="+", metavar="FILE")
    one.add_argument("--note", default="", help="why")
    one.set_defaults(command=deploy)

    one = commands.add_parser("export", help="write the live diagram back to a file")
    one.add_argument("key", metavar="KEY", help="process or decision id")
    one.add_argument("--version", type=positive, metavar="N", help="another version than the newest")
    one.add_argument("--output", metavar="FILE", help="where to (its own name, here); - for standard output")
    one.set_defaults(command=export)

    one = commands.add_parser("play", help="run a diagram in memory on a virtual clock and print the story")
    one.add_argument("file", metavar="FILE")
    one.add_argument("--script", metavar="STEPS.json", help="what happens, in order; see docs")
    one.add_argument("--json", action="store_true", help="the story as JSON")
    one.set_defaults(command=play)

    one = commands.add_parser("figures", help="compliance per clause")
    one.add_argument("--period", required=True, metavar="2026Q3")
    one.add_argument("--json", action="store_true")
    one.set_defaults(command=print_figures)

    one = commands.add_parser("verify-audit", help="walk the audit's hash chain")
    one.add_argument("--head", metavar="HASH", help="an earlier head which must still lie on the chain")
    one.set_defaults(command=verify_audit)
    return top


# ---------------------------------------------------------------- what options are


def port(text: str) -> int:
    """Return a port number; argparse makes a sentence of the ValueError."""
    number = int(text)
    if not 0 <= number < 65536:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, but got {text}")
    return number


def positive(text: str) -> int:
    """Return a whole number above 0."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, but got {text}")
    return int(text)


def instant(text: str) -> datetime:
    """Return the aware instant of an ISO text with offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected an instant as 2026-09-23T15:00:00+09:00, but got {text}") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"expected an offset, as 2026-09-23T15:00:00+09:00, but got {text}")
    return moment


# ---------------------------------------------------------------- the commands


def serve(options: argparse.Namespace, config: Config) -> int:
    """Serve until told to end."""
    from charterflow.serving import serve as run

    if options.now and not options.rehearsal:
        complain("--now is for --rehearsal only: otherwise the machine's clock counts.")
        return MISUSED
    return run(
        config,
        host=options.host,
        port=options.port,
        rehearsal=options.rehearsal,
        now=options.now,
        threads=options.workers,
    )


def work(options: argparse.Namespace, config: Config) -> int:
    """Work on due jobs until told to end."""
    from charterflow.worker import work as run

    return run(config, processes=options.processes, threads=options.threads, until_eof=options.until_eof)


def migrate_database(options: argparse.Namespace, config: Config) -> int:
    """Bring the schema to this version."""
    from charterflow.assembly import open_store

    _, database, _ = open_store(config)
    database.close()
    print("The database is at this version's schema.")
    return 0


def check(options: argparse.Namespace, config: Config) -> int:
    """Say what deployment would say, beside the product's own diagrams; nothing is kept."""
    from charterflow.checking import findings_of

    found = findings_of({Path(name).name: Path(name).read_bytes() for name in options.files})
    if options.json:
        print(json.dumps([as_json(one) for one in found], ensure_ascii=False, indent=2))
    else:
        tell_findings(found)
    return REFUSED if any(one.severity == "refusal" for one in found) else 0


def deploy(options: argparse.Namespace, config: Config) -> int:
    """Deploy files on the configured database; who may start this command is trusted."""
    from charterflow.assembly import open_engine
    from engine import commands

    files = {Path(name).name: Path(name).read_bytes() for name in options.files}
    engine = open_engine(config)
    with engine.transaction("command line") as tx:
        done = commands.deploy(tx, files, by="command line", note=options.note)
    tell_findings(done.findings)
    for one in done.definitions:
        print(f"{one.key} version {one.version} ({one.file})")
    return 0


def export(options: argparse.Namespace, config: Config) -> int:
    """Write a deployed file as it is, byte by byte."""
    from charterflow.assembly import open_engine
    from engine import definitions

    engine = open_engine(config)
    with engine.reading() as tx:
        kind = definitions.PROCESS if definitions.find_latest(tx, options.key) else definitions.DECISION
        version = options.version or definitions.latest(tx, options.key, kind).version
        one = definitions.find(tx, options.key, version, kind)
        content = definitions.source(tx, options.key, version, kind)
    if options.output == "-":
        sys.stdout.buffer.write(content)
        return 0
    target = Path(options.output or Path(one.file).name)
    target.write_bytes(content)
    print(f"{target}: {one.key} version {one.version}")
    return 0


def play(options: argparse.Namespace, config: Config) -> int:
    """Play a diagram and tell what happened."""
    from charterflow.playing import play as run

    try:
        steps = json.loads(Path(options.script).read_text("utf-8")) if options.script else []
    except ValueError as error:
        complain(f"{options.script}: expected JSON ({error}).")
        return MISUSED
    story = run(Path(options.file), steps)
    if options.json:
        print(json.dumps(story.as_json(), ensure_ascii=False, indent=2))
    else:
        print(story.as_text())
    return 0 if story.is_clean else REFUSED


def print_figures(options: argparse.Namespace, config: Config) -> int:
    """Print compliance per clause."""
    from charterflow.assembly import open_engine
    from web.api.clauses import figure
    from workflows import figures

    engine = open_engine(config)
    with engine.reading() as tx:
        rows = [figure(one) for one in figures.compliance(tx, options.period)]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
        return 0
    print(f"{'clause':8}{'kept':>6}{'breached':>10}{'waived':>8}{'void':>6}{'running':>9}  published")
    for row in rows:
        numbers = f"{row['kept']:>6}{row['breached']:>10}{row['waived']:>8}{row['void']:>6}{row['running']:>9}"
        print(f"{row['clause']:8}{numbers}  {row['public_text']}")
    return 0


def verify_audit(options: argparse.Namespace, config: Config) -> int:
    """Walk the chain: its head, or the first row that does not fit."""
    from charterflow.assembly import open_engine
    from workflows import audit

    engine = open_engine(config)
    with engine.reading() as tx:
        found = audit.verify(tx, options.head)
    if found.broken_at is not None:
        complain(f"The audit does not fit from row {found.broken_at} on.")
        return REFUSED
    print(f"{found.head} ({found.count} rows)")
    return 0


# ---------------------------------------------------------------- saying it


def complain(sentence: str) -> None:
    """Say on standard error what is wrong."""
    print(f"charterflow: {sentence}", file=sys.stderr)


def tell_findings(findings: Sequence[Finding]) -> None:
    """Print one line a finding: file:line element-id rule message."""
    for one in findings:
        mark = "" if one.severity == "refusal" else " (warning)"
        print(f"{one}{mark}")


def as_json(one: Finding) -> dict[str, object]:
    """Return a finding as `check --json` prints it."""
    return {
        "file": one.file,
        "line": one.line,
        "element_id": one.element_id,
        "rule": one.rule,
        "message": one.sentence.ko,
        "message_en": one.sentence.en,
        "severity": one.severity,
    }
