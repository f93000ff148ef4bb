"""Fails when the weights of an object file, the first, take more than a twentieth more
bytes than those of each other one."""
import re
import subprocess
import sys


def weights(path):
    sections = subprocess.run(["llvm-readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"\.lw_weights\s+PROGBITS\s+\w+ \w+ (\w+)", sections).group(1), 16)


several, *others = map(weights, sys.argv[1:])
print(several, *others)
sys.exit(not others or any(several > 1.05 * other for other in others))
