"""Windows, panes, dialogs and the controls they are made of."""
