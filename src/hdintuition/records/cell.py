"""One cell of a sweep as bytes: a safetensors file whose metadata say what it is and how it was made.

The file holds the named results as tensors, and in its header the settings (canonical JSON), the sweep they
belong to, versions, seconds, and a SHA-256 digest of it all, since the format itself carries no checksum.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from hdintuition import __version__
from hdintuition.records.grid import canonical

SCHEMA = "1"
SUFFIX = ".safetensors"
_LONGEST_HEADER = 100_000_000  # the format's own limit, bytes


@dataclass(frozen=True)
class Identity:
    """What all cells of one folder share.

    Attributes:
        work: ``module:function``.
        code: The caller's word for the state of the code.
        seed: The root of every cell's seed.
    """

    work: str
    code: str
    seed: int

    @property
    def metadata(self) -> dict[str, str]:
        """These three and the schema, as strings."""
        return {"schema": SCHEMA, "work": self.work, "code": self.code, "seed": str(self.seed)}

    def stamp(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """The metadata of one cell, as far as they are known before it is run."""
        made_with = {"library": __version__, "torch": torch.__version__}
        return {**self.metadata, "settings": canonical(settings), **made_with}

    def file_name(self, settings: Mapping[str, Any]) -> str:
        """The cell's file: a digest of the settings and of this identity, so that no two ever share one."""
        text = json.dumps([self.work, self.code, self.seed, canonical(settings)])
        return hashlib.sha256(text.encode()).hexdigest()[:32] + SUFFIX


@dataclass(frozen=True)
class Cell:
    """A finished cell: its results and the metadata of its file."""

    values: dict[str, Tensor]
    metadata: dict[str, str]


def encode(values: Mapping[str, Any], metadata: Mapping[str, str]) -> bytes:
    """The bytes of a cell's file.

    Args:
        values: Name to tensor, array, float, int or bool. Numbers become 0-dimensional tensors of float64,
            int64 or bool; everything is kept on the CPU, and without gradients.
        metadata: What goes into the header; a digest is added.

    Raises:
        TypeError: If ``values`` is no such dict.
    """
    if not isinstance(values, Mapping) or not values:
        raise TypeError(f"work must return a dict with at least one result, got {values!r:.200}")
    tensors = {_name(name): _tensor(name, value) for name, value in values.items()}
    made: bytes = optional("safetensors.torch").save(
        tensors, {**metadata, "digest": _digest(tensors, metadata)}
    )
    return made


def decode(data: bytes) -> Cell:
    """The cell in these bytes.

    Raises:
        ValueError: If they are not the whole, unchanged file of a cell; the message says in what way.
    """
    metadata = read_metadata(BytesIO(data), len(data))
    try:
        values = optional("safetensors.torch").load(data)
    except (optional("safetensors").SafetensorError, KeyError) as error:  # KeyError: a dtype nobody knows
        raise ValueError(f"not whole: {error}") from error
    written = metadata.pop("digest", None)
    if written != _digest(values, metadata):
        raise ValueError("changed since it was written: its content does not have the digest it was given")
    return Cell(dict(sorted(values.items())), metadata)


def read_metadata(file: BinaryIO, size: int) -> dict[str, str]:
    """The metadata of a safetensors file of ``size`` bytes, without its tensors.

    Raises:
        ValueError: If the header is not whole, or not that of a cell.
    """
    length = int.from_bytes(file.read(8), "little")
    if not 0 < length <= min(size - 8, _LONGEST_HEADER):
        raise ValueError("not whole: the header is cut short")
    try:
        metadata = json.loads(file.read(length)).get("__metadata__")
    except (ValueError, AttributeError) as error:
        raise ValueError(f"not whole: the header is no JSON object ({error})") from error
    if (
        not isinstance(metadata, dict)
        or not {"schema", "work", "code", "seed", "settings"} <= metadata.keys()
    ):
        raise ValueError("a safetensors file, but not one that a sweep wrote")
    return metadata


def optional(module: str) -> Any:
    """A module that only sweeps need.

    Raises:
        ModuleNotFoundError: Saying what to install.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        raise ModuleNotFoundError(
            f'a sweep needs the package {package}: pip install "hdintuition[sweep]"', name=error.name
        ) from error


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name or name == "__metadata__":
        raise TypeError(
            f"the name of a result must be a string (not empty, not '__metadata__'), got {name!r}"
        )
    return name


def _tensor(name: str, value: Any) -> Tensor:
    """A contiguous CPU copy that shares memory with nothing."""
    if isinstance(value, (bool, int, float)):
        kind = {bool: torch.bool, int: torch.int64}.get(type(value), torch.float64)
        return torch.tensor(value, dtype=kind)
    try:
        if isinstance(value, (np.ndarray, np.generic)):
            value = torch.from_numpy(np.array(value))
        if isinstance(value, Tensor) and value.layout == torch.strided:
            return (
                value.detach().cpu().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
            )
    except TypeError:  # an array of strings or objects
        pass
    raise TypeError(
        f"result {name!r} must be a dense tensor, an array of numbers, a float, an int or a bool; got {value!r:.200}"
    )


def _digest(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """SHA-256 over the metadata, and names, dtypes, shapes and bytes in the order of the names."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}\0{tensor.dtype}\0{list(tensor.shape)}\0".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
