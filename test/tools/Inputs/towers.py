"""A two-tower network of small tables with weights by a formula.

  towers.py make NET.onnx                writes it
  towers.py catalog FILE COUNT           writes COUNT items and their genres
  towers.py near A.npy B.npy             whether they differ, by little
  towers.py best FILE COUNT USER GROUP   whether FILE has the five best items, by plain loops
"""
import math
import sys

from onnx_model import *

ROWS, KINDS, WIDTH = 600, 5, 8


def weight(table, row, column):
    return math.sin(1 + 3.7 * table + 1.3 * row + 2.1 * column)


def values(table, rows):
    return [[weight(table, i, j) for j in range(WIDTH)] for i in range(rows)]


# Of each tower the tables of ids and of kinds, and a matrix.
TABLES = {side: [values(first, ROWS), values(first + 1, KINDS), values(first + 2, WIDTH)]
          for first, side in ((0, "user"), (3, "item"))}


def make(path):
    nodes, tensors = [], [ints("axis", [1])]
    for side, kind in (("user", "group"), ("item", "genre")):
        for i, table in enumerate(TABLES[side]):
            tensors.append(floats(f"{side}{i}", [len(table), WIDTH], [v for row in table for v in row]))
        nodes += [node("Gather", [f"{side}0", side], [side + "a"]), node("Gather", [f"{side}1", kind], [side + "b"]),
                  node("Add", [side + "a", side + "b"], [side + "c"]), node("Relu", [side + "c"], [side + "d"]),
                  node("MatMul", [side + "d", f"{side}2"], [side + "e"])]
    nodes += [node("Mul", ["usere", "iteme"], ["product"]),
              node("ReduceSum", ["product", "axis"], ["score"], keepdims=0)]
    save(model(nodes, {name: (["n"], INT64) for name in ("user", "group", "item", "genre")}, ["score"], tensors),
         path)


def embedding(side, row, kind):
    ids, kinds, matrix = TABLES[side]
    both = [max(a + b, 0) for a, b in zip(ids[row], kinds[kind])]
    return [sum(x * matrix[i][j] for i, x in enumerate(both)) for j in range(WIDTH)]


def catalog(count):
    return [(i * 7 % ROWS, i % KINDS) for i in range(count)]


if sys.argv[1] == "make":
    make(sys.argv[2])
elif sys.argv[1] == "catalog":
    with open(sys.argv[2], "w") as file:
        file.writelines(f"{item} {genre}\n" for item, genre in catalog(int(sys.argv[3])))
elif sys.argv[1] == "near":
    import npy
    a, b = (npy.load(path)[2] for path in sys.argv[2:])
    worst = max(abs(x - y) for x, y in zip(a, b, strict=True))
    assert 0 < worst < 0.02 * max(map(abs, a)), worst
else:
    path, count, of_user, group = sys.argv[2], *map(int, sys.argv[3:])
    user = embedding("user", of_user, group)
    scores = [(sum(a * b for a, b in zip(user, embedding("item", *each))), each[0])
              for each in catalog(count)]
    best = sorted(scores, key=lambda each: -each[0])[:5]
    found = [line.replace(",", "").split() for line in open(path)]
    assert [int(line[1]) for line in found] == [item for _, item in best], (found, best)
    assert all(abs(float(line[3]) - score) < 1e-5 for line, (score, _) in zip(found, best)), (found, best)
