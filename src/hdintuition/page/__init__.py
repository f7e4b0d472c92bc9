"""What a reader sees: figures, explorers, claim cards and verdict tables.

Drawing never computes a result and never decides a verdict; it turns intervals, rules and arrays into
inline SVG and HTML that need no kernel, no script and no network.
"""
