"""What differs between operating systems: the display, sleep, input methods, who is at the computer."""
