"""Shown things."""
