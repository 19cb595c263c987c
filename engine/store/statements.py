"""Statement: a Core statement compiled once a dialect and run on the driver's own cursor, for the road of a step.

Measured: Core's execute costs 15–30 µs a statement beside SQLite's own 2–8. A step has five; the rest of the engine
uses Core as it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Table, bindparam, insert
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

Processor = Callable[[Any], Any] | None


class _Prepared:
    """One dialect's text of a statement, with what turns Python values into the driver's and back."""

    def __init__(self, core: ClauseElement, dialect: Dialect) -> None:
        compiled = core.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.text = str(compiled)
        self.literals = {name: value for name, value in compiled.params.items() if value is not None}
        self.positions = compiled.positiontup
        names = self.positions if self.positions is not None else list(compiled.params)
        self.inward: list[tuple[str, Processor]] = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
        ]
        columns = getattr(core, "exported_columns", None)
        self.outward: list[tuple[int, Callable[[Any], Any]]] = []
        for index, column in enumerate(columns if columns is not None else ()):
            processor = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if processor is not None:
                self.outward.append((index, processor))

    def bound(self, values: Mapping[str, object]) -> Any:
        literals = self.literals
        if self.positions is not None:
            return [
                value if process is None else process(value)
                for name, process in self.inward
                for value in (values[name] if name in values else literals.get(name),)
            ]
        return {
            name: value if process is None else process(value)
            for name, process in self.inward
            for value in (values[name] if name in values else literals.get(name),)
        }


class Statement:
    """A statement of the step's road. Parameters are given by name; a name that is not given is NULL or its literal."""

    __slots__ = ("_core", "_prepared")

    def __init__(self, core: Executable) -> None:
        assert isinstance(core, ClauseElement)
        self._core = core
        self._prepared: dict[str, _Prepared] = {}

    def _for(self, dialect: Dialect) -> _Prepared:
        prepared = self._prepared.get(dialect.name)
        if prepared is None:
            prepared = self._prepared[dialect.name] = _Prepared(self._core, dialect)
        return prepared

    def run(self, connection: Connection, values: Mapping[str, object]) -> int:
        """Run it and return the number of rows it touched."""
        prepared = self._for(connection.dialect)
        driver: Any = connection.connection.driver_connection
        return int(driver.execute(prepared.text, prepared.bound(values)).rowcount)

    def rows(self, connection: Connection, values: Mapping[str, object]) -> list[Sequence[Any]]:
        """Run it and return its rows, each a tuple in the order of the statement's columns."""
        prepared = self._for(connection.dialect)
        driver: Any = connection.connection.driver_connection
        found = driver.execute(prepared.text, prepared.bound(values)).fetchall()
        if not prepared.outward:
            return list(found)
        return [_read(row, prepared.outward) for row in found]

    def first(self, connection: Connection, values: Mapping[str, object]) -> Sequence[Any] | None:
        """Run it and return its first row, or None."""
        found = self.rows(connection, values)
        return found[0] if found else None


def _read(row: Sequence[Any], outward: list[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    values = list(row)
    for index, process in outward:
        values[index] = process(values[index])
    return values


class InsertRows:
    """Inserts any number of rows of one shape in one statement (a hundred at a time)."""

    __slots__ = ("_columns", "_statements", "_table")
    LIMIT = 100  # rows a statement: SQLite takes 32,766 parameters, PostgreSQL 65,535

    def __init__(self, table: Table, *columns: str) -> None:
        self._table, self._columns = table, columns
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
            values = {
                f"{name}_{n}": value
                for n, row in enumerate(part)
                for name, value in zip(self._columns, row, strict=True)
            }
            self._for(len(part)).run(connection, values)
