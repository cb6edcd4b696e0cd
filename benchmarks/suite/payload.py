"""The data that is read: incompressible, and different everywhere, so that a misplaced block cannot pass for another."""

import json
import os
import struct
from pathlib import Path

from .measuring import MIB

_STAMP_EVERY = 4096


def write_file(path: Path, size: int) -> Path:
    """A file of `size` bytes: one random MiB over and over, with the offset stamped into every page of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pattern = bytearray(os.urandom(MIB))
    pages = range(0, MIB, _STAMP_EVERY)
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            for page in pages:
                struct.pack_into("<Q", pattern, page, start + page)
            file.write(memoryview(pattern)[: min(MIB, size - start)])
    return path


def write_small_files(folder: Path, count: int, size: int) -> list[str]:
    """`count` files of `size` bytes; answers their names, sorted as a listing sorts them."""
    folder.mkdir(parents=True, exist_ok=True)
    pattern = bytearray(os.urandom(size))
    names = [f"part-{number:06}.bin" for number in range(count)]
    for number, name in enumerate(names):
        struct.pack_into("<Q", pattern, 0, number)
        struct.pack_into("<Q", pattern, size - 8, ~number & 0xFFFF_FFFF_FFFF_FFFF)
        (folder / name).write_bytes(pattern)
    return names


def write_safetensors(path: Path, size: int) -> list[tuple[int, int]]:
    """A safetensors file of about `size` bytes, shaped like a Llama decoder (layers of 2 large, 5 middle and 2 tiny
    bfloat16 tensors), stored in the order of the layers. Answers (offset, length) of each tensor **by name**, as
    loaders ask: layer 10 comes before layer 2, so that the reads jump.
    Format: https://github.com/huggingface/safetensors#format
    """
    layers = 32
    layer_bytes = size // layers
    shapes = [
        ("input_layernorm.weight", 8192),
        ("mlp.down_proj.weight", layer_bytes * 24 // 100),
        ("mlp.gate_proj.weight", layer_bytes * 24 // 100),
        ("mlp.up_proj.weight", layer_bytes * 24 // 100),
        ("post_attention_layernorm.weight", 8192),
        ("self_attn.k_proj.weight", layer_bytes * 4 // 100),
        ("self_attn.o_proj.weight", layer_bytes * 10 // 100),
        ("self_attn.q_proj.weight", layer_bytes * 10 // 100),
        ("self_attn.v_proj.weight", layer_bytes * 4 // 100),
    ]
    tensors = {}
    at = 0
    for layer in range(layers):
        for name, length in shapes:
            length -= length % 64
            tensors[f"model.layers.{layer}.{name}"] = {
                "dtype": "BF16",
                "shape": [length // 2],
                "data_offsets": [at, at + length],
            }
            at += length
    header = json.dumps({"__metadata__": {"format": "pt"}, **tensors}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    write_file(path, 8 + len(header) + at)
    with path.open("r+b") as file:
        file.write(struct.pack("<Q", len(header)) + header)
    start = 8 + len(header)
    offsets = [tensors[name]["data_offsets"] for name in sorted(tensors)]
    return [(start + begin, end - begin) for begin, end in offsets]
