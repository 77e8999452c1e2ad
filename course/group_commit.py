"""What many write at the same moment is committed once: one flush to the disk answers all of them.

Nobody waits for company. Whoever comes first writes at once; whoever comes meanwhile is written by
the next one whose turn it is, together with all who wait.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Row = TypeVar("Row")
Result = TypeVar("Result")


class GroupCommit(Generic[Row, Result]):
    """`write` commits the rows it is given and returns a result for each, in their order."""

    def __init__(self, write: Callable[[Sequence[Row]], Sequence[Result]]) -> None:
        self._write = write
        self._waiting: list[_Ticket[Row, Result]] = []
        self._adding, self._writing = Lock(), Lock()

    def __call__(self, row: Row) -> Result:
        """Returns when the row is committed. Raises what `write` raised for all it was given."""
        ticket = _Ticket[Row, Result](row)
        with self._adding:
            self._waiting.append(ticket)
        with self._writing:
            if not ticket.written:
                self._write_waiting()
        return ticket.result()

    def _write_waiting(self) -> None:
        with self._adding:
            tickets, self._waiting = self._waiting, []
        try:
            results = self._write([ticket.row for ticket in tickets])
        except Exception as error:  # noqa: BLE001  each of them raises it
            for ticket in tickets:
                ticket.written, ticket.error = True, error
        else:
            for ticket, result in zip(tickets, results, strict=True):
                ticket.written, ticket.outcome = True, [result]


class _Ticket(Generic[Row, Result]):
    """One row, and what has become of it."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.written = False
        self.outcome: list[Result] = []
        self.error: Exception | None = None

    def result(self) -> Result:
        if self.error is not None:
            raise self.error
        return self.outcome[0]
