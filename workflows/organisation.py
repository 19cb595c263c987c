"""The organisation: users, departments, roles and groups, services and their subscribers, absences and substitutes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from engine import jobs
from engine.errors import Conflict, Forbidden, InvalidForm, NotFound, Sentence
from engine.store.schema import Id, Instant, Json, metadata
from engine.transaction import Transaction
from workflows import audit, passwords

departments = Table(
    "charter_departments",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("name_en", String(80), nullable=False),
    Column("manager", String(60), nullable=False),
    Column("phone", String(30), nullable=False),
)
users = Table(
    "charter_users",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("ko_name", String(80), nullable=False),
    Column("en_name", String(80), nullable=False),
    Column("email", String(254), nullable=False),
    Column("phone", String(30), nullable=False),
    Column("department", String(80), ForeignKey("charter_departments.name"), nullable=False),
    Column("roles", Json, nullable=False),
    Column("groups", Json, nullable=False),
    Column("substitutes", Json, nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("lang", String(2), nullable=False, default="ko"),
    Column("password_hash", String(200), nullable=False),
)
services = Table(
    "charter_services",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("name_en", String(80), nullable=False),
    Column("department", String(80), ForeignKey("charter_departments.name"), nullable=False),
    Column("owner", String(60), nullable=False),
    Column("owner_group", String(80), nullable=False),
    Column("critical", Boolean, nullable=False),
)
subscribers = Table(
    "charter_subscribers",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("service", String(80), ForeignKey("charter_services.name"), nullable=False),
    Column("email", String(254), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("name", String(80)),
    Column("phone", String(30)),
    Column("added_at", Instant, nullable=False),
    Column("added_by", String(80), nullable=False),
    Column("verified_at", Instant),
    UniqueConstraint("service", "email"),
)
absences = Table(
    "charter_absences",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("user", String(60), ForeignKey("charter_users.name"), nullable=False),
    Column("from_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("substitute", String(60)),
    Column("entered_at", Instant, nullable=False),
    Column("entered_by", String(60), nullable=False),
    Index("ix_charter_absences_user_until_at", "user", "until_at"),
)


@dataclass(frozen=True, slots=True)
class User:
    """A member of staff. `roles` are those of charter.md §4 (and sub-roles); `groups` are what candidateGroups name."""

    name: str
    ko_name: str
    en_name: str
    email: str
    phone: str
    department: str
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    substitutes: tuple[str, ...] = ()
    active: bool = True
    lang: str = "ko"

    def has_role(self, *wanted: str) -> bool:
        """Whether the user has one of these roles."""
        return any(role in self.roles for role in wanted)


@dataclass(frozen=True, slots=True)
class Department:
    """A department, its manager's sign-in name, and the phone that customers are given."""

    name: str
    name_en: str
    manager: str
    phone: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service for customers, and who is responsible for it."""

    name: str
    name_en: str
    department: str
    owner: str
    owner_group: str
    critical: bool

    def record(self) -> dict[str, object]:
        """Return the record that a diagram sees as `service`."""
        return {
            "name": self.name, "name_en": self.name_en, "critical": self.critical, "owner_group": self.owner_group,
            "department": self.department, "owner": self.owner, "known": True,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who is told about a service; counts once verified (or at once, when staff entered it)."""

    id: int
    service: str
    email: str
    lang: str
    name: str | None
    phone: str | None
    added_at: datetime
    added_by: str
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Absence:
    """A user is away from `from_at` up to, not including, `until_at`."""

    id: int
    user: str
    from_at: datetime
    until_at: datetime
    substitute: str | None
    entered_at: datetime
    entered_by: str


# ---------------------------------------------------------------- users and groups


def user(tx: Transaction, name: str) -> User:
    """Return the user of that sign-in name; raises NotFound."""
    found = _users(tx).get(name)
    if found is None:
        raise NotFound(Sentence(f"그런 사용자는 없습니다: {name}", f"There is no user {name!r}"))
    return found


def find_user(tx: Transaction, name: str) -> User | None:
    """Return the user of that sign-in name, or None."""
    return _users(tx).get(name)


def all_users(tx: Transaction) -> list[User]:
    """Return every user by name."""
    return list(_users(tx).values())


def groups_of(tx: Transaction, name: str) -> tuple[str, ...]:
    """Return the groups of a user whose tasks he may take: roles' groups, the department, what he manages."""
    return user(tx, name).groups


def members(tx: Transaction, group: str) -> list[str]:
    """Return the active users of a group by name; a group that nobody has is empty."""
    return [u.name for u in _users(tx).values() if u.active and group in u.groups]


def all_groups(tx: Transaction) -> list[str]:
    """Return every group that somebody belongs to."""
    return sorted({group for u in _users(tx).values() for group in u.groups})


def check_password(tx: Transaction, name: str, password: str) -> User | None:
    """Return the user when name and password fit, else None; takes the same time when there is no such user."""
    row = tx.connection.execute(
        select(users.c.password_hash).where(users.c.name == name, users.c.active.is_(True))
    ).first()
    return user(tx, name) if passwords.fits(password, row.password_hash if row else None) and row else None


def set_password(tx: Transaction, name: str, password: str) -> None:
    """Set a user's password (12 characters or more); raises NotFound, InvalidForm."""
    if len(password) < 12:
        short = Sentence("비밀번호는 12자 이상이어야 합니다.", "A password has 12 characters or more.")
        raise InvalidForm({"password": [short]})
    user(tx, name)
    changed = update(users).where(users.c.name == name).values(password_hash=passwords.hashed(password))
    tx.connection.execute(changed)
    audit.record(tx, "password set", name)


def save_user(tx: Transaction, saved: User, password: str | None = None) -> str | None:
    """Add or change a user; returns the generated password of a new one that was given none."""
    row = {
        "name": saved.name, "ko_name": saved.ko_name, "en_name": saved.en_name, "email": saved.email,
        "phone": saved.phone, "department": saved.department, "roles": list(saved.roles),
        "groups": list(saved.groups), "substitutes": list(saved.substitutes[:3]), "active": saved.active,
        "lang": saved.lang,
    }  # fmt: skip
    made: str | None = None
    if saved.name in _users(tx):
        tx.connection.execute(update(users).where(users.c.name == saved.name).values(**row))
        if password is not None:
            set_password(tx, saved.name, password)
    else:
        made = password or passwords.generated()
        tx.connection.execute(insert(users).values(**row, password_hash=passwords.hashed(made)))
    tx.cache.pop(_USERS, None)
    audit.record(tx, "user saved", saved.name, {"roles": list(saved.roles), "active": saved.active})
    return made if password is None else None


_USERS = "charter users"


def _users(tx: Transaction) -> dict[str, User]:
    cached = tx.cache.get(_USERS)
    if isinstance(cached, dict):
        return cached
    columns = [column for column in users.c if column.name != "password_hash"]
    found = {
        row["name"]: _user(row) for row in tx.connection.execute(select(*columns).order_by(users.c.name)).mappings()
    }
    tx.cache[_USERS] = found
    return found


def _user(row: Mapping[Any, Any]) -> User:
    lists = {name: tuple(row[name]) for name in ("roles", "groups", "substitutes")}
    return User(**{**row, **lists})


# ---------------------------------------------------------------- departments and services


def all_departments(tx: Transaction) -> list[Department]:
    """Return every department by name."""
    cached = tx.cache.get("charter departments")
    if isinstance(cached, list):
        return cached
    asked = select(departments).order_by(departments.c.name)
    found = [Department(**row) for row in tx.connection.execute(asked).mappings()]
    tx.cache["charter departments"] = found
    return found


def department(tx: Transaction, name: str) -> Department | None:
    """Return the department of that name, or None."""
    return next((d for d in all_departments(tx) if d.name == name), None)


def all_services(tx: Transaction) -> list[Service]:
    """Return every service in the order in which it was seeded or added."""
    cached = tx.cache.get("charter services")
    if isinstance(cached, list):
        return cached
    found = [Service(**row) for row in tx.connection.execute(select(services)).mappings()]
    tx.cache["charter services"] = found
    return found


def service(tx: Transaction, name: str) -> Service | None:
    """Return the service of that name (Korean or English), or None."""
    return next((s for s in all_services(tx) if name in (s.name, s.name_en)), None)


def service_record(tx: Transaction, name: str) -> dict[str, object]:
    """Return what a diagram sees as `service`; an unknown one goes to the reception (DMN request_route, rule 3)."""
    known = service(tx, name)
    if known is not None:
        return known.record()
    return {
        "name": name, "name_en": name, "critical": False, "owner_group": "접수", "department": "", "owner": None,
        "known": False,
    }  # fmt: skip


def subscribers_of(tx: Transaction, names: str | Iterable[str], *, verified: bool = True) -> list[Subscriber]:
    """Return who is told about a service or several, each address once; `verified=False` gives the waiting ones too."""
    wanted = [names] if isinstance(names, str) else list(names)
    asked = select(subscribers).where(subscribers.c.service.in_(wanted)).order_by(subscribers.c.id)
    found: dict[str, Subscriber] = {}
    for row in tx.connection.execute(asked).mappings():
        if row["verified_at"] is not None or not verified:
            found.setdefault(row["email"].lower(), Subscriber(**row))
    return list(found.values())


def subscribe(
    tx: Transaction, service_name: str, email: str, *, lang: str = "ko", name: str | None = None,
    phone: str | None = None, verified: bool,
) -> Subscriber:  # fmt: skip
    """Add an address to a service; the one that is there already is returned (and verified, if it now is)."""
    if service(tx, service_name) is None:
        raise NotFound(Sentence(f"그런 서비스는 없습니다: {service_name}", f"There is no service {service_name!r}"))
    same = (subscribers.c.service == service_name) & (subscribers.c.email == email.strip())
    known = tx.connection.execute(select(subscribers).where(same)).mappings().first()
    if known is None:
        row = {
            "service": service_name, "email": email.strip(), "lang": lang, "name": name, "phone": phone,
            "added_at": tx.now, "added_by": tx.actor, "verified_at": tx.now if verified else None,
        }  # fmt: skip
        tx.connection.execute(insert(subscribers).values(**row))
    elif verified and known["verified_at"] is None:
        tx.connection.execute(update(subscribers).where(same).values(verified_at=tx.now))
    return Subscriber(**tx.connection.execute(select(subscribers).where(same)).mappings().one())


def unsubscribe(tx: Transaction, subscriber_id: int) -> None:
    """Take an address off; raises NotFound."""
    gone = tx.connection.execute(delete(subscribers).where(subscribers.c.id == subscriber_id)).rowcount
    if not gone:
        raise NotFound(Sentence("그런 구독은 없습니다.", "There is no such subscription."))


# ---------------------------------------------------------------- absences


ABSENCE_BEGINS = "absence.begins"


def is_absent(tx: Transaction, name: str, at: datetime | None = None) -> bool:
    """Whether a user is away at an instant (default now)."""
    return absence_of(tx, name, at) is not None


def absence_of(tx: Transaction, name: str, at: datetime | None = None) -> Absence | None:
    """Return the absence of a user at an instant (default now), or None."""
    moment = at or tx.now
    return next((a for a in _absences(tx) if a.user == name and a.from_at <= moment < a.until_at), None)


def add_absence(
    tx: Transaction, name: str, from_at: datetime, until_at: datetime, substitute: str | None = None
) -> Absence:
    """Enter an absence, by oneself or a manager; raises NotFound, Forbidden, InvalidForm."""
    away = user(tx, name)
    if tx.actor != name and not _manages(tx, tx.actor, away):
        raise Forbidden(
            Sentence("본인이나 관리자만 부재를 적을 수 있습니다.", "Only oneself or a manager may enter an absence.")
        )
    if until_at <= from_at:
        raise InvalidForm({"to": [Sentence("끝은 시작보다 뒤여야 합니다.", "The end must be after the start.")]})
    if substitute is not None and (substitute == name or find_user(tx, substitute) is None):
        raise InvalidForm(
            {"substitute": [Sentence("대신할 다른 사람을 골라 주십시오.", "Please choose another person.")]}
        )
    row = {
        "user": name, "from_at": from_at, "until_at": until_at, "substitute": substitute,
        "entered_at": tx.now, "entered_by": tx.actor,
    }  # fmt: skip
    number = tx.connection.execute(insert(absences).values(**row).returning(absences.c.id)).scalar_one()
    tx.cache.pop("charter absences", None)
    cover_tasks(tx, name, max(from_at, tx.now), f"{ABSENCE_BEGINS}:{number}")
    audit.record(tx, "absence entered", name, {"from": from_at.isoformat(), "until": until_at.isoformat()})
    return Absence(id=number, **row)  # type: ignore[arg-type]


def cover_tasks(tx: Transaction, name: str, at: datetime, key: str) -> None:
    """Let the tasks of somebody absent change hands at an instant (the process reassign_absent does it)."""
    jobs.enqueue(tx, ABSENCE_BEGINS, {"user": name}, due_at=at, key=key)


def end_absence(tx: Transaction, absence_id: int) -> None:
    """Take an absence back; raises NotFound, Forbidden."""
    found = next((a for a in _absences(tx) if a.id == absence_id), None)
    if found is None:
        raise NotFound(Sentence("그런 부재는 없습니다.", "There is no such absence."))
    if tx.actor != found.user and not _manages(tx, tx.actor, user(tx, found.user)):
        raise Forbidden(Sentence("본인이나 관리자만 고칠 수 있습니다.", "Only oneself or a manager may change it."))
    tx.connection.execute(delete(absences).where(absences.c.id == absence_id))
    jobs.cancel(tx, f"{ABSENCE_BEGINS}:{absence_id}")
    tx.cache.pop("charter absences", None)


def absences_now(tx: Transaction) -> list[Absence]:
    """Return absences that are not over, by their beginning."""
    return list(_absences(tx))


def substitute_for(tx: Transaction, name: str, among: Collection[str] | None = None) -> str | None:
    """Return who stands in: of the absence, else the first of his substitutes who is there; None: the queue."""
    away = absence_of(tx, name)
    known = find_user(tx, name)
    named = [away.substitute] if away and away.substitute else []
    listed = [*named, *(known.substitutes if known else ())]
    for candidate in listed:
        there = find_user(tx, candidate)
        if there and there.active and not is_absent(tx, candidate) and (among is None or candidate in among):
            return candidate
    return None


def present(tx: Transaction, names: Iterable[str]) -> list[str]:
    """Return the names without those who are away, each once, in order."""
    return [name for name in dict.fromkeys(names) if not is_absent(tx, name)]


def manages(tx: Transaction, manager: str, name: str) -> bool:
    """Whether `manager` manages the department of `name`, or the whole house."""
    known = find_user(tx, name)
    return known is not None and _manages(tx, manager, known)


def _manages(tx: Transaction, manager: str, other: User) -> bool:
    chief = find_user(tx, manager)
    if chief is None or not chief.has_role("manager"):
        return False
    led = department(tx, other.department)
    return WHOLE_HOUSE in chief.groups or (led is not None and led.manager == manager)


def _absences(tx: Transaction) -> Sequence[Absence]:
    cached = tx.cache.get("charter absences")
    if isinstance(cached, list):
        return cached
    asked = select(absences).where(absences.c.until_at > tx.now).order_by(absences.c.from_at, absences.c.id)
    found = [Absence(**row) for row in tx.connection.execute(asked).mappings()]
    tx.cache["charter absences"] = found
    return found


# ---------------------------------------------------------------- the sample organisation (api.md §3)

WHOLE_HOUSE = "관리자"
DEPARTMENTS = (
    Department("운영팀", "Operations", "u", "02-767-0000"),
    Department("개발팀", "Development", "m", "02-767-0100"),
    Department("고객지원센터", "Customer centre", "m", "02-767-0200"),
    Department("고객만족팀", "Customer satisfaction", "m", "02-767-0300"),
)
SERVICES = (
    Service("시세", "Quotes", "운영팀", "a", "운영팀", critical=True),
    Service("시세전송", "Market data feed", "운영팀", "a", "운영팀", critical=True),
    Service("주문", "Orders", "운영팀", "a", "운영팀", critical=True),
    Service("인증", "Sign-in", "개발팀", "b", "개발팀", critical=False),
)
SUBSCRIBERS = (
    ("시세전송", "ops@narae-securities.example", "ko", "나래증권"),
    ("시세전송", "desk@harbor-asset.example", "en", "Harbor Asset"),
    ("시세", "ops@narae-securities.example", "ko", "나래증권"),
    ("주문", "it@gaon-securities.example", "ko", "가온증권"),
)


def _member(
    name: str,
    ko_name: str,
    en_name: str,
    department_name: str,
    phone: str,
    roles: str,
    groups: str,
    substitutes: str = "",
) -> User:
    return User(
        name, ko_name, en_name, f"{name}@charterflow.example", phone, department_name,
        tuple(roles.split()), tuple(groups.split(",")), tuple(substitutes.split()),
    )  # fmt: skip


MEMBERS = (
    _member("a", "김하늘", "Kim Haneul", "운영팀", "02-767-0001", "handler", "담당자,운영팀", "c"),
    _member(
        "b",
        "박도윤",
        "Park Doyun",
        "개발팀",
        "02-767-0101",
        "handler",
        "담당자,개발팀,제도담당,상품기획,고객의 소리 담당",
        "c d",
    ),
    _member("c", "이도현", "Lee Dohyun", "개발팀", "02-767-0102", "handler", "담당자,개발팀", "d b"),
    _member("d", "정서연", "Jung Seoyeon", "개발팀", "02-767-0103", "handler", "담당자,개발팀", "c b"),
    _member(
        "i",
        "오지훈",
        "Oh Jihoon",
        "고객만족팀",
        "02-767-0301",
        "handler investigator checker",
        "사실확인자,점검자,고객만족팀",
    ),
    _member(
        "m",
        "최은영",
        "Choi Eunyoung",
        "개발팀",
        "02-767-0110",
        "manager",
        "관리자,개발팀 관리자,고객지원센터 관리자,고객만족팀 관리자",
        "u",
    ),
    _member("u", "윤태식", "Yoon Taesik", "운영팀", "02-767-0010", "manager", "운영팀 관리자", "m"),
    _member("q", "한지민", "Han Jimin", "고객만족팀", "02-767-0302", "charter_office", "헌장담당,고객만족팀", "head"),
    _member(
        "head", "서민재", "Seo Minjae", "고객만족팀", "02-767-0303", "charter_office head", "헌장책임자,고객만족팀"
    ),
    _member(
        "r",
        "송나래",
        "Song Narae",
        "고객지원센터",
        "02-767-0201",
        "receptionist security",
        "접수,보안,고객지원센터",
        "s",
    ),
    _member("o", "강민석", "Kang Minseok", "운영팀", "02-767-0002", "handler operator on_call", "작업자"),
    _member("p", "임수진", "Lim Sujin", "운영팀", "02-767-0003", "handler approver", "승인자"),
    _member("s", "배유진", "Bae Yujin", "고객지원센터", "02-767-0202", "support_agent", "상담,고객지원센터", "r"),
    _member("f", "조현우", "Cho Hyunwoo", "고객만족팀", "02-767-0304", "fulfilment", "사례품 담당,고객만족팀"),
    _member("j", "문가영", "Moon Gayoung", "고객만족팀", "02-767-0305", "compliance", "준법"),
    _member("owner", "류성호", "Ryu Seongho", "개발팀", "02-767-0104", "process_owner", "업무담당"),
    _member("admin", "신동욱", "Shin Dongwook", "개발팀", "02-767-0105", "admin", "시스템 관리자"),
    _member("auditor", "장혜원", "Jang Hyewon", "고객만족팀", "02-767-0306", "auditor", "감사자"),
)


def is_seeded(tx: Transaction) -> bool:
    """Whether there is an organisation already."""
    return tx.connection.execute(select(users.c.name).limit(1)).first() is not None


def seed(tx: Transaction, password: str | None = None) -> Mapping[str, str]:
    """Seed the sample organisation and return sign-in name -> password; raises Conflict where there are users already.

    With `password` (rehearsal) every user has that one, else each gets one of his own, said this once.
    """
    if is_seeded(tx):
        raise Conflict(Sentence("이미 사용자가 있습니다.", "There are users already."))
    tx.connection.execute(insert(departments), [_row(d) for d in DEPARTMENTS])
    given = {member.name: password or passwords.generated() for member in MEMBERS}
    shared = passwords.hashed(password) if password is not None else None
    rows = [{**_row(member), "password_hash": shared or passwords.hashed(given[member.name])} for member in MEMBERS]
    tx.connection.execute(insert(users), rows)
    tx.connection.execute(insert(services), [_row(s) for s in SERVICES])
    added = {"added_at": tx.now, "added_by": "system", "verified_at": tx.now, "phone": None}
    people = [{"service": s, "email": e, "lang": lang, "name": n, **added} for s, e, lang, n in SUBSCRIBERS]
    tx.connection.execute(insert(subscribers), people)
    tx.cache.clear()
    return given


def _row(value: User | Department | Service) -> dict[str, object]:
    kept = {slot: getattr(value, slot) for slot in type(value).__slots__}
    return {key: list(v) if isinstance(v, tuple) else v for key, v in kept.items()}
