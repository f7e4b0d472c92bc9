"""Our code beside other people's, on the same work: ``python -m benchmarks`` (CONTRIBUTING, "Benchmarks").

One file a topic, each with ``contests(scale)``. The settings below are read by the libraries when they are first
imported, so they stand here, where nothing has been imported yet: everyone gets one thread.
"""

import os

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NPROC": "1",  # the size of XLA's own pool
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # on a GPU, JAX would take most of the memory from everyone else
}
os.environ.update(ONE_THREAD)
