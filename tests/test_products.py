"""Importing the library is enough for matrix products that do not hang on where in memory a matrix begins."""

import os
import subprocess
import sys

PROGRAM = """
import numpy as np
import torch
import hdintuition

torch.set_num_threads(1)
g = torch.Generator().manual_seed(0)
differ = []
for m, k, n in [(1, 8, 100), (9, 13, 11), (32, 49, 8), (24, 16, 8), (3, 9, 13)]:
    a, b = torch.randn(m, k, generator=g), torch.randn(k, n, generator=g)
    out = [torch.empty(m * n + 16)[i : i + m * n].view(1, m, n) for i in (0, 1, 4)]
    for multiply in (torch.bmm, lambda a, b, out: np.matmul(a.numpy(), b.numpy(), out=out.numpy())):
        for o in out:
            multiply(a[None], b[None], out=o)
        differ += [(m, k, n)] * (not all(torch.equal(o, out[0]) for o in out))
print(differ)
"""


def test_a_product_does_not_depend_on_where_it_is_put():
    # Nobody's word on which kernels to use: those that the libraries choose for this processor.
    told = {"MKL_CBWR", "OPENBLAS_CORETYPE"}
    environment = {name: value for name, value in os.environ.items() if name not in told}
    run = [sys.executable, "-c", PROGRAM]
    found = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
