"""Loads the plugin into this process, which links no MLIR, and prints what the
plugin says to such a host.

usage: host.py PLUGIN [LIBRARY]
LIBRARY is loaded first: the MLIR of another version that the host links.
"""
import ctypes
import sys


class PluginInfo(ctypes.Structure):
    _fields_ = [("api_version", ctypes.c_uint32), ("name", ctypes.c_char_p),
                ("version", ctypes.c_char_p), ("register", ctypes.c_void_p)]


for library in sys.argv[2:]:
    ctypes.CDLL(library)
plugin = ctypes.CDLL(sys.argv[1])
for entry in (plugin.mlirGetDialectPluginInfo, plugin.mlirGetPassPluginInfo):
    entry.restype = PluginInfo
    info = entry()
    print(info.name.decode(), "refuses" if info.register is None else "registers")
