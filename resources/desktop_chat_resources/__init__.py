"""Icons, sounds, themes and translations, read with importlib.resources."""
