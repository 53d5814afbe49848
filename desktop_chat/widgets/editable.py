"""A text that whoever may changes where it stands."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import Qt

from desktop_chat.bridge.actions import Actions
from desktop_chat.core.sentences import ChatError
from desktop_chat.theme.theme import Theme
from desktop_chat.widgets.boxes import column, grown, row
from desktop_chat.widgets.controls import Field, IconButton, Text
from desktop_chat.widgets.keys import Keys
from desktop_chat.widgets.part import Part, Words, said
from desktop_chat.widgets.said import sentence_of

Save = Callable[[str], Coroutine[Any, Any, None]]
"""Returns when the new text is stored, raises the `ChatError` for which it is not."""


class Editable(Part):
    """`text`, and a pencil beside it that opens a field: Enter commits, Esc leaves it as it was. A refusal is said
    below, with what was written back in the field."""

    def __init__(
        self, theme: Theme, actions: Actions, text: Text, *, name: str, act: Words, hint: Words, most: int
    ) -> None:
        """`act` names the pencil, `hint` the field, in which so many characters fit; where there is no text yet, it
        stands there for who may write one."""
        super().__init__(theme)
        self._actions = actions
        self._text = text
        self._about: object = None
        self._hint = hint
        self._known = ""
        self._committed: str | None = None
        """What is on its way to the server stands there already, until the state that holds it is shown."""
        self._is_stored = False
        self._save: Save | None = None
        self._pencil = IconButton(theme, "pencil", act, name=f"{name}_edit_button", small=True)
        self._field = Field(theme, name=f"{name}_field", hint=hint, most=most)
        self._trouble = Text(theme, "caption", "text.danger", name=f"{name}_trouble", wrap=True)
        column(row(grown(text), self._pencil, gap=4), self._field, self._trouble, on=self)
        Keys(self._field, {"Return": self._commit, "Esc": self._leave})
        self._pencil.clicked.connect(lambda: self._edit(self._present))
        self._field.hide()
        self._trouble.hide()

    def show_text(self, about: object, text: str, save: Save | None) -> None:
        """The text of `about`; of something else than before, whatever is being written is put away. `save`: None if
        this person may not change it."""
        if about != self._about:
            self._about, self._committed = about, None
            self._close()
        elif self._is_stored or text == self._committed:
            self._committed = None
        self._known, self._save = text, save
        if save is None:
            self._close()
        self._show()

    @property
    def _present(self) -> str:
        return self._known if self._committed is None else self._committed

    def _show(self) -> None:
        is_open = not self._field.isHidden()
        shown = self._present
        self._text.setText(shown or said(self._hint))
        self._text.setVisible(not is_open)
        self._pencil.setVisible(self._save is not None and not is_open)
        self.setVisible(bool(shown) or self._save is not None)

    def _edit(self, text: str) -> None:
        self._field.setText(text)
        self._field.show()
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show()

    def _close(self) -> None:
        self._field.hide()
        self._trouble.hide()

    def _leave(self) -> None:
        self._close()
        self._show()
        self._pencil.setFocus(Qt.FocusReason.OtherFocusReason)

    def _commit(self) -> None:
        text, save = self._field.text().strip(), self._save
        if save is not None and text != self._present:
            self._committed, self._is_stored = text, False
            self._actions.do(self._store(save, text, self._about), name="change text")
        self._leave()

    async def _store(self, save: Save, text: str, about: object) -> None:
        try:
            await save(text)
            self._is_stored = self._committed == text
        except ChatError as error:
            if self._about != about or self._committed != text:
                raise  # it is said at the top of the window: here stands something else by now
            self._committed = None
            self._edit(text)
            self._trouble.setText(sentence_of(error))
            self._trouble.show()
