"""One root seed, one independent random stream per key.

``numpy.random.SeedSequence`` mixes the root with the words of a key, so that
``generator("surfaces", 3)`` neither depends on how many other streams were drawn
before it nor overlaps with them.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def seed_of(*key: str | int, root: int = 0) -> int:
    """The 63-bit seed that belongs to ``key`` under ``root``.

    Args:
        key: Strings and non-negative integers, in order.
        root: The root seed, a non-negative integer.

    Raises:
        ValueError: If a part of the key is neither a string nor a non-negative integer.

    >>> seed_of("starts", 1) == seed_of("starts", 1)
    True
    >>> seed_of("starts", 1) == seed_of("starts", 2)
    False
    """
    words = [word for part in (root, *key) for word in _words(part)]
    state = np.random.SeedSequence(words).generate_state(1, np.uint64)[0]
    return int(state) >> 1


def generator(*key: str | int, root: int = 0, device: str | torch.device = "cpu") -> torch.Generator:
    """A fresh ``torch.Generator`` on ``device``, seeded by :func:`seed_of`."""
    return torch.Generator(device=device).manual_seed(seed_of(*key, root=root))


def _words(part: str | int) -> list[int]:
    """32-bit words of one part of a key; its kind comes first, so that 1 and "1" differ."""
    if isinstance(part, str):
        digest = hashlib.sha256(part.encode()).digest()
        return [1, *np.frombuffer(digest[:16], dtype="<u4").tolist()]
    if isinstance(part, (int, np.integer)) and not isinstance(part, bool) and part >= 0:
        return [0, int(part) & 0xFFFFFFFF, int(part) >> 32]
    raise ValueError(f"a seed key is made of strings and integers >= 0, got {part!r}")
