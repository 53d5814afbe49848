"""A list of values as Qt's views want it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

VALUE = int(Qt.ItemDataRole.UserRole)
"""The role under which a row gives its value."""


class Rows(QAbstractListModel):
    """`VALUE` gives the value of a row, the display role what `titled` says of it."""

    def __init__(self, titled: str, parent: QObject | None = None) -> None:
        """`titled` names the attribute of the values which is their title."""
        super().__init__(parent)
        self._titled = titled
        self._rows: list[Any] = []

    def show(self, rows: list[Any]) -> None:
        """Other values in all; nothing is told when they are the same."""
        if rows != self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    # --- Qt ---------------------------------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        value = self._rows[index.row()]
        if role == VALUE:
            return value
        return getattr(value, self._titled) if role == Qt.ItemDataRole.DisplayRole else None
