"""A library in miniature: bundles of the book's form, from the standard library alone."""

import importlib

WHERE = {
    "cards": "desk",
    "figure": "desk",
    "judge": "desk",
    "double": "mathematics.double",
    "triple": "mathematics.triple",
}


def __getattr__(name):
    if name not in WHERE:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"hdintuition.{WHERE[name]}"), name)
