"""Writes `safetensors/`: small files by the reference implementation, to hold ours against.

Run it where `torch`, `safetensors` and `huggingface_hub` are installed:

    python Tests/Fixtures/safetensors_files.py

- `types.safetensors`      a tensor of every element type, special values included (its two metadata
                           entries come in either order)
- `types-f32.safetensors`  the same, converted to F32 by PyTorch
- `layout.safetensors`     what our writer must write byte for byte
- `sharded/`               two shards and their index, as transformers saves a large model
"""

import pathlib
import shutil
import struct

import torch
from huggingface_hub import save_torch_state_dict
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent / "safetensors"

HALVES = [  # bit patterns: zeros, subnormals, normals, the largest, infinities, quiet NaNs
    0x0000, 0x8000, 0x0001, 0x8001, 0x0002, 0x03FF, 0x83FF, 0x0400, 0x8400, 0x0401, 0x3555, 0x3C00,
    0xBC00, 0x3C01, 0x4248, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0xFE00, 0x7FFF]
BFLOATS = [
    0x0000, 0x8000, 0x0001, 0x8001, 0x007F, 0x0080, 0x3F80, 0xBF80, 0x3EAB, 0x4049, 0x7F7F, 0xFF7F,
    0x7F80, 0xFF80, 0x7FC0, 0xFFC0]


def tensor(code, values, dtype, shape=None):
    data = bytearray(struct.pack(f"<{len(values)}{code}", *values))
    return torch.frombuffer(data, dtype=dtype).reshape(shape or [len(values)])


def write_types():
    infinity = float("inf")
    tensors = {
        "U8": tensor("B", [0, 1, 127, 128, 255], torch.uint8),
        "I8": tensor("b", [0, 1, -1, 127, -128], torch.int8),
        "U16": tensor("H", [0, 1, 32767, 32768, 65535], torch.uint16),
        "I16": tensor("h", [0, 1, -1, 32767, -32768], torch.int16),
        "U32": tensor("I", [0, 1, 2**24 + 1, 2**31, 2**32 - 1], torch.uint32),
        "I32": tensor("i", [0, -1, 2**24 + 1, 2**31 - 1, -(2**31)], torch.int32),
        "U64": tensor("Q", [0, 1, 2**24 + 1, 2**53 + 1, 2**63 - 1], torch.uint64),
        "U64.large": tensor("Q", [2**63], torch.uint64),
        "I64": tensor("q", [0, -1, 2**24 + 3, 2**63 - 1, -(2**63)], torch.int64),
        "BOOL": tensor("?", [True, False, False, True], torch.bool, [2, 2]),
        "F16": tensor("H", HALVES, torch.float16, [2, 11]),
        "BF16": tensor("H", BFLOATS, torch.bfloat16, [4, 4]),
        "F32": tensor("f", [0.0, -0.0, 1 / 3, 3.4e38, 1e-45, infinity], torch.float32, [2, 1, 3]),
        "F64": tensor("d", [0.0, -1 / 3, 1e-40, 1e300, 16777217.0, -infinity], torch.float64),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(3, 0, 2),
        "été \"\\\n\u0001 日本 🙂": torch.tensor([7], dtype=torch.int16),
    }
    metadata = {"format": "pt", "note": "œuvre \"complète\"\n"}
    save_file(tensors, FOLDER / "types.safetensors", metadata=metadata)
    converted = {name: tensor.to(torch.float32) for name, tensor in tensors.items()}
    save_file(converted, FOLDER / "types-f32.safetensors")


def write_layout():
    save_file(
        {
            "b": torch.tensor([[1.0, -2.0, 3.5], [0.0, 1e-3, 65504.0]]),
            "a": torch.tensor([1 / 3, -1e-7, 65504.0]).to(torch.float16),
            "ids": torch.tensor([[3], [-1]]),
            "été \"\\\n\u0001": torch.tensor(2.5),
            "empty": torch.zeros(0, 4),
            "B": torch.tensor([1.0]),
        },
        FOLDER / "layout.safetensors", metadata={"format": "pt"})


def write_shards():
    folder = FOLDER / "sharded"
    folder.mkdir()
    state = {f"layer.{i}.weight": torch.arange(6.0).reshape(2, 3) + 10 * i for i in range(3)}
    save_torch_state_dict(state, folder, max_shard_size=50)


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    write_types()
    write_layout()
    write_shards()
