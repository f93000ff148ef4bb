"""Writes the MLIR examples of a document as one module, a function for each.

usage: docs_examples.py DOCUMENT
An example is a fenced `mlir` block of one operation. Its operands become
arguments of the function; their types are those after its last colon, the last
of which stands for all further operands. Every operation that has a heading
must be in an example.
"""
import pathlib
import re
import sys


def split(text, separator):
    """Splits at a character outside all brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "<({[") - (char in ">)}]")
        if char == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def function(number, example):
    inputs = split(example.replace("->", "="), ":")[-1].split(" = ")[0].strip()
    if inputs.startswith("("):
        inputs = inputs[1:-1]
    types = split(inputs, ",")
    # What a region defines is no operand.
    inner = set(re.findall(r"(%\w+)(?: =|: )", example.split("=", 1)[1]))
    operands = [name for name in dict.fromkeys(
        re.findall(r"%\w+", example.split("=", 1)[1])) if name not in inner]
    arguments = ", ".join(f"{name}: {types[min(i, len(types) - 1)]}"
                          for i, name in enumerate(operands))
    return f"func.func @example{number}({arguments}) {{\n{example}\n  return\n}}\n"


document = pathlib.Path(sys.argv[1]).read_text()
examples = re.findall(r"^```mlir\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
shown = {name for example in examples for name in re.findall(r"\blw\.\w+", example)}
missing = set(re.findall(r"^### `(lw\.\w+)`", document, re.MULTILINE)) - shown
if missing or not examples:
    sys.exit(f"{sys.argv[1]}: no example of {', '.join(sorted(missing)) or 'anything'}")
for number, example in enumerate(examples):
    # The end of a region stands in the example of the operation that has it.
    if "=" not in example:
        continue
    print(function(number, example.rstrip()))
