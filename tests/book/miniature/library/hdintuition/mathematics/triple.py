"""Three times a number."""


def triple(value):
    return 3 * value
