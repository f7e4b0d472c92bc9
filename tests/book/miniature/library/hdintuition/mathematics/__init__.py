"""Doubles and triples."""
