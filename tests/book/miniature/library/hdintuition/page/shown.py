"""One bundle as a cell shows it."""


class Shown:
    def __init__(self, bundle):
        self.bundle = bundle

    def _repr_mimebundle_(self, include=None, exclude=None):
        text = f"a bundle of kind {self.bundle['kind']}"
        return {"application/vnd.hdintuition.v1+json": self.bundle, "text/html": text, "text/plain": text}
