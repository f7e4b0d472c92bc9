"""Intervals, rules written before the run, and the verdict they give."""
