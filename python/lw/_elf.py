"""Reads of a compiled library what it says of itself, without loading its code."""
from __future__ import annotations

import json
import mmap
import struct
from typing import Any, BinaryIO

from ._error import Error

_MACHINES = {62: "x86_64", 183: "aarch64"}
_DYNAMIC_SYMBOLS = 11
INTERFACE_VERSION = 1


def _symbols(data: mmap.mmap) -> dict[str, int]:
    """The offsets in the file of all symbols that a 64-bit library exports."""
    start, size, count = struct.unpack_from("<Q10xHH", data, 40)
    headers = [struct.unpack_from("<IIQQQQI", data, start + i * size) for i in range(count)]
    result = {}
    for _, kind, _, _, table, length, link in headers:
        if kind != _DYNAMIC_SYMBOLS:
            continue
        names = headers[link][4]
        for name, _, _, section, value, _ in struct.iter_unpack("<IBBHQQ", data[table:table + length]):
            if 0 < section < count:
                at = names + name
                text = data[at:data.find(b"\0", at)].decode()
                result[text] = value - headers[section][3] + headers[section][4]
    return result


def read_info(file: BinaryIO, path: str, name: str | None = None) -> tuple[str, str, dict[str, Any]]:
    """The prefix of the network's functions, the machine's architecture and NAME_info of `file`.

    Of several networks in it that of this name.
    """
    try:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[:6] != b"\x7fELF\2\1":
                raise ValueError
            symbols = _symbols(data)
            prefixes = sorted(symbol[:-5] for symbol in symbols
                              if symbol.endswith("_info") and symbol[:-5] + "_run" in symbols)
            if not prefixes:
                raise ValueError
            prefix = prefixes[0] if name is None else name
            if prefix not in prefixes or (name is None and len(prefixes) > 1):
                raise Error(f"{path}: " + (f"no network '{name}'; " if name else "") +
                            f"the library holds {', '.join(prefixes)}" +
                            ("" if name else f": choose one with lw.load(path, name={prefix!r})"))
            at = symbols[prefix + "_info"]
            info = json.loads(data[at:data.find(b"\0", at)])
            machine = struct.unpack_from("<H", data, 18)[0]
            version = info["interface_version"]
    except (OSError, ValueError, IndexError, KeyError, TypeError, struct.error):
        raise Error(f"{path}: expected a shared library made by lwc") from None
    if version != INTERFACE_VERSION:
        raise Error(f"{path}: has version {version} of the C interface, this package knows "
                    f"{INTERFACE_VERSION}; compile the network again or install the package of its lw")
    return prefix, _MACHINES.get(machine, f"machine {machine}"), info
