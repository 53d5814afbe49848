"""Runs first in each program of the folder: what it starts, a browser for a link perhaps, must not load its libraries.

The loader has read LD_LIBRARY_PATH by now; what was there before the program's starter put the folder into it returns.
"""

import os

before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if before is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = before
