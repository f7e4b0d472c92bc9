"""A number times a factor."""


def scaled(value, factor):
    return value * factor
