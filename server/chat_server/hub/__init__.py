"""Decides late, appends once: who may do what to which log, without I/O and without a clock."""
