"""Data, stacks of small networks, their training; knows nothing of claims or pages."""

import os

# Intel's matrix products otherwise depend, in the last bit, on where in memory a matrix begins, and so a member
# on where in a stack it stands. Read once, at the first product; costs nothing that could be measured.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
