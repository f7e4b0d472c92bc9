"""Reference records and the atomic store they are kept in."""
