"""A dialog is awaited; the window's loop goes on."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QDialog
from shiboken6 import isValid


async def answer(dialog: QDialog) -> bool:
    """Opens `dialog` and returns whether it was accepted; it was not when its parent went away.

    Read what it holds before the next `await`: it is deleted then. When cancelled it is closed.
    """
    finished: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def settle(accepted: bool) -> None:
        if not finished.done():
            finished.set_result(accepted)

    dialog.finished.connect(lambda code: settle(code == QDialog.DialogCode.Accepted))
    dialog.destroyed.connect(lambda: settle(False))
    dialog.open()
    try:
        return await finished
    finally:
        if isValid(dialog):
            dialog.deleteLater()
