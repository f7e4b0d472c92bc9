"""Data, stacks of small networks, their training; knows nothing of claims or pages."""
