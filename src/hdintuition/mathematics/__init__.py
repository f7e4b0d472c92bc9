"""Numbers out of formulas and of seeded draws; knows nothing of claims or pages."""
