"""Statement: a Core statement compiled once a dialect and run on the driver's own cursor, for the road of a step.

Measured: Core's execute costs 15–30 µs a statement beside SQLite's own 2–8. A step has five; the rest of the engine
uses Core as it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Table, bindparam, insert
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Processor = Callable[[Any], Any] | None
# With places instead of names: the driver has nothing to look up.
_PLACES: dict[str, Dialect] = {"postgresql": psycopg.dialect(paramstyle="format")}  # type: ignore[no-untyped-call]


class _Prepared:
    """One dialect's text of a statement, with what turns Python values into the driver's and back."""

    def __init__(self, core: ClauseElement, dialect: Dialect) -> None:
        dialect = _PLACES.get(dialect.name, dialect)
        compiled = core.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.text = str(compiled)
        self.names: Sequence[str] = compiled.positiontup or ()
        self.literals = {name: value for name, value in compiled.params.items() if value is not None}
        made: dict[object, Processor] = {}  # one a type, so that the same is known to be the same
        processors = [_processor(compiled.binds[name].type, dialect, made) for name in self.names]
        self.inward = [(place, process) for place, process in enumerate(processors) if process is not None]
        columns = getattr(core, "exported_columns", None)
        self.outward: list[tuple[int, Callable[[Any], Any]]] = []
        for index, column in enumerate(columns if columns is not None else ()):
            processor = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if processor is not None:
                self.outward.append((index, processor))

    def bound(self, values: Mapping[str, object]) -> tuple[object, ...]:
        if self.literals:
            values = {**self.literals, **values}
        return self.placed(list(map(values.get, self.names)))

    def placed(self, found: list[Any]) -> tuple[object, ...]:
        last: object = None  # most values that need work are one instant, again and again
        done: object = None
        by: object = None
        for place, process in self.inward:
            value = found[place]
            if value is None:
                continue
            if value is not last or process is not by:
                last, by, done = value, process, process(value)
            found[place] = done
        return tuple(found)


def _processor(type_: TypeEngine[Any], dialect: Dialect, made: dict[object, Processor]) -> Processor:
    if type(type_) not in made:
        made[type(type_)] = type_.dialect_impl(dialect).bind_processor(dialect)
    return made[type(type_)]


class Statement:
    """A statement of the step's road. Parameters are given by name; one that is not given is NULL, or its literal."""

    __slots__ = ("_core", "_prepared")

    def __init__(self, core: Executable) -> None:
        assert isinstance(core, ClauseElement)
        self._core = core
        self._prepared: dict[str, _Prepared] = {}

    def prepared(self, dialect: Dialect) -> _Prepared:
        prepared = self._prepared.get(dialect.name)
        if prepared is None:
            prepared = self._prepared[dialect.name] = _Prepared(self._core, dialect)
        return prepared

    def run(self, connection: Connection, values: Mapping[str, object]) -> int:
        """Run it and return the number of rows it touched."""
        prepared = self.prepared(connection.dialect)
        return int(execute(connection, prepared.text, prepared.bound(values)).rowcount)

    def rows(self, connection: Connection, values: Mapping[str, object]) -> list[Sequence[Any]]:
        """Run it and return its rows, each with its values in the order of the statement's columns."""
        prepared = self.prepared(connection.dialect)
        found = execute(connection, prepared.text, prepared.bound(values)).fetchall()
        return [_read(row, prepared.outward) for row in found]

    def first(self, connection: Connection, values: Mapping[str, object]) -> Sequence[Any] | None:
        """Run it and return its first row, or None."""
        found = self.rows(connection, values)
        return found[0] if found else None


class InsertRows:
    """Inserts any number of rows of one shape in one statement (a hundred at a time)."""

    __slots__ = ("_columns", "_statements", "_table")
    LIMIT = 100  # rows a statement: SQLite takes 32,766 parameters, PostgreSQL 65,535

    def __init__(self, table: Table, *columns: str) -> None:
        # In the table's order, in which the statement is compiled.
        self._table, self._columns = table, tuple(c.name for c in table.columns if c.name in columns)
        assert self._columns == columns, f"expected the columns in the order {self._columns}"
        self._statements: dict[int, Statement] = {}

    def _for(self, count: int) -> Statement:
        statement = self._statements.get(count)
        if statement is None:
            rows = [
                {name: bindparam(f"{name}_{n}", type_=self._table.c[name].type) for name in self._columns}
                for n in range(count)
            ]
            statement = self._statements[count] = Statement(insert(self._table).values(rows))
        return statement

    def run(self, connection: Connection, rows: Sequence[Sequence[object]]) -> None:
        """Insert the rows, each a sequence in the order of the columns named at the making."""
        for begin in range(0, len(rows), self.LIMIT):
            part = rows[begin : begin + self.LIMIT]
            prepared = self._for(len(part)).prepared(connection.dialect)
            values = prepared.placed([value for row in part for value in row])
            execute(connection, prepared.text, values)


def execute(connection: Connection, text: str, values: Sequence[object]) -> Any:
    """Run on the driver's cursor; by way of Core when somebody listens to it, so that listeners miss nothing."""
    if getattr(connection.engine, "_has_events", True):
        return connection.exec_driver_sql(text, tuple(values))
    driver: Any = connection.connection.driver_connection
    return driver.execute(text, values)


def _read(row: Sequence[Any], outward: list[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    values = list(row)
    for index, process in outward:
        values[index] = process(values[index])
    return values
