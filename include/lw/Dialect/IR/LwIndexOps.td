//===- LwIndexOps.td - Operations on indices ---------------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWINDEXOPS_TD
#define LW_DIALECT_IR_LWINDEXOPS_TD

include "lw/Dialect/IR/LwBase.td"

// Indices are known at run time only. Where one is negative it counts from the
// end of its extent: `wrap(i, n) = i < 0 ? i + n : i`. What is then still
// outside is an error in ONNX; compiled code has no way to report one, and
// reads or writes nothing outside of its operands whatever the indices are.

def Lw_IndexTensor : TensorOf<[I32, I64]>;
def Lw_AnyElements : TensorOf<[AnyFloat, AnySignlessInteger]>;
class Lw_OneOf<string values, string summary> : ConfinedAttr<StrAttr, [AttrConstraint<
    CPred<"::llvm::is_contained({" # values # "}, "
          "::llvm::cast<::mlir::StringAttr>($_self).getValue())">, summary>]>;
def Lw_Axis : ConfinedAttr<I64Attr, [IntNonNegative]>;

//===----------------------------------------------------------------------===//
// Reading by index
//===----------------------------------------------------------------------===//

def Lw_GatherOp : Lw_Op<"gather"> {
  let summary = "Slices of a table that indices choose";
  let description = [{
    With `near(i, n) = min(max(wrap(i, n), 0), n - 1)`, where
    `wrap(i, n) = i < 0 ? i + n : i`, and `N` the extent of dimension `axis`:

    ```
    y[o..., i..., c...] = table[o..., near(indices[i...], N), c...]
    ```

    The table is read in place. An index outside of it reads the slice that is
    nearest (ONNX, Gather, makes that an error).

    Example:

    ```mlir
    %y = lw.gather %table, %ids {axis = 0}
         : (tensor<100000x64xf32>, tensor<8x3xi64>) -> tensor<8x3x64xf32>
    ```
  }];
  let arguments = (ins Lw_AnyElements:$table, Lw_IndexTensor:$indices, Lw_Axis:$axis);
  let results = (outs Lw_AnyElements:$output);
  let assemblyFormat = "$table `,` $indices attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lw_GatherElementsOp : Lw_Op<"gather_elements"> {
  let summary = "Elements that indices choose along one dimension";
  let description = [{
    With `near` as in `lw.gather`:

    ```
    y[o..., i, c...] = x[o..., near(indices[o..., i, c...], N), c...]
    ```

    where `i` and `N` belong to dimension `axis`. The indices have the shape of
    the result, whose other extents are at most those of the input (ONNX,
    GatherElements).

    Example:

    ```mlir
    %y = lw.gather_elements %x, %indices {axis = 1}
         : (tensor<4x1000xf32>, tensor<4x5xi32>) -> tensor<4x5xf32>
    ```
  }];
  let arguments = (ins Lw_AnyElements:$input, Lw_IndexTensor:$indices, Lw_Axis:$axis);
  let results = (outs Lw_AnyElements:$output);
  let assemblyFormat = "$input `,` $indices attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lw_GatherNDOp : Lw_Op<"gather_nd"> {
  let summary = "Slices that tuples of indices choose";
  let description = [{
    The last dimension of the indices holds tuples of `Q` of them. With `b...`
    the first `batch_dims` dimensions, which both operands have in common, and
    `near` as in `lw.gather`:

    ```
    y[b..., i..., c...] = x[b..., near(indices[b..., i..., 0], N0), ...,
                            near(indices[b..., i..., Q-1], NQ-1), c...]
    ```

    (ONNX, GatherND.)

    Example:

    ```mlir
    %y = lw.gather_nd %x, %indices {batch_dims = 1}
         : (tensor<2x5x7x3xf32>, tensor<2x9x2xi64>) -> tensor<2x9x3xf32>
    ```
  }];
  let arguments = (ins Lw_AnyElements:$input, Lw_IndexTensor:$indices,
    DefaultValuedAttr<Lw_Axis, "0">:$batch_dims);
  let results = (outs Lw_AnyElements:$output);
  let assemblyFormat = "$input `,` $indices attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lw_OneHotOp : Lw_Op<"one_hot"> {
  let summary = "A new dimension that is on where it is at an index";
  let description = [{
    `values` holds the value of what is off and that of what is on. With `N` the
    extent of the result's dimension `axis`, which the indices do not have:

    ```
    y[o..., i, c...] = values[wrap(indices[o..., c...], N) == i ? 1 : 0]
    ```

    An index outside of the extent is nowhere on (ONNX, OneHot).

    Example:

    ```mlir
    %y = lw.one_hot %ids, %values {axis = 1}
         : (tensor<8xi64>, tensor<2xf32>) -> tensor<8x10xf32>
    ```
  }];
  let arguments = (ins Lw_IndexTensor:$indices, Lw_AnyElements:$values, Lw_Axis:$axis);
  let results = (outs Lw_AnyElements:$output);
  let assemblyFormat = "$indices `,` $values attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Writing by index
//===----------------------------------------------------------------------===//

/// What becomes of an element and of the update that meets it.
def Lw_ScatterReduction : Lw_OneOf<"\"none\", \"add\", \"mul\", \"max\", \"min\"",
    "is none, add, mul, max or min">;

class Lw_ScatterOp<string mnemonic, dag position> : Lw_Op<mnemonic, [
    AllTypesMatch<["input", "output"]>]> {
  let arguments = !con((ins Lw_AnyElements:$input, Lw_IndexTensor:$indices,
    Lw_AnyElements:$updates), position,
    (ins DefaultValuedStrAttr<Lw_ScatterReduction, "none">:$reduction));
  let results = (outs Lw_AnyElements:$output);
  let assemblyFormat = [{
    $input `,` $indices `,` $updates attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Lw_ScatterElementsOp : Lw_ScatterOp<"scatter_elements", (ins Lw_Axis:$axis)> {
  let summary = "A copy in which indices say what is replaced";
  let description = [{
    The input, and then for one update after another in row-major order

    ```
    p = wrap(indices[o..., i, c...], N)
    y[o..., p, c...] = reduce(y[o..., p, c...], updates[o..., i, c...])
    ```

    where `i` and `N` belong to dimension `axis` and `reduce(old, new)` is `new`
    (`none`), their sum (`add`), product (`mul`), maximum or minimum (`max`,
    `min`). Updates whose index is outside are left out (ONNX, ScatterElements,
    makes that an error).

    Example:

    ```mlir
    %y = lw.scatter_elements %x, %indices, %updates {axis = 1, reduction = "add"}
         : (tensor<3x8xf32>, tensor<3x2xi64>, tensor<3x2xf32>) -> tensor<3x8xf32>
    ```
  }];
}

def Lw_ScatterNDOp : Lw_ScatterOp<"scatter_nd", (ins)> {
  let summary = "A copy in which tuples of indices say what is replaced";
  let description = [{
    The last dimension of the indices holds tuples of `Q` of them. The input, and
    then for one tuple after another in row-major order

    ```
    p = (wrap(indices[i..., 0], N0), ..., wrap(indices[i..., Q-1], NQ-1))
    y[p..., c...] = reduce(y[p..., c...], updates[i..., c...])
    ```

    with `reduce` as in `lw.scatter_elements`. Updates whose tuple is outside
    are left out (ONNX, ScatterND, makes that an error).

    Example:

    ```mlir
    %y = lw.scatter_nd %x, %indices, %updates
         : (tensor<4x5x2xf32>, tensor<3x2xi64>, tensor<3x2xf32>) -> tensor<4x5x2xf32>
    ```
  }];
}

//===----------------------------------------------------------------------===//
// Order and sums along one dimension
//===----------------------------------------------------------------------===//

def Lw_TopKOp : Lw_Op<"top_k"> {
  let summary = "Where the largest elements along one dimension are";
  let description = [{
    The indices along dimension `axis` of its `k` largest elements, of the
    smallest without `largest`, in that order; of equal elements the one with
    the lower index comes first. `k` is the extent of the result. The values are
    `lw.gather_elements` of them (ONNX, TopK).

    Example:

    ```mlir
    %indices = lw.top_k %x {axis = 1, largest} : tensor<4x1000xf32> -> tensor<4x5xi64>
    ```
  }];
  let arguments = (ins Lw_AnyElements:$input, Lw_Axis:$axis, UnitAttr:$largest);
  let results = (outs Lw_IndexTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
}

def Lw_CumSumOp : Lw_Op<"cum_sum", [AllTypesMatch<["input", "output"]>]> {
  let summary = "Sums of all elements up to each one along one dimension";
  let description = [{
    ```
    y[o..., i, c...] = sum over j <= i of x[o..., j, c...]
    ```

    where `i` and `j` belong to dimension `axis`. With `exclusive` the sum is
    over `j < i`; with `reverse` the dimension is run through from its end, so
    that it is over `j >= i`, or `j > i` (ONNX, CumSum).

    Example:

    ```mlir
    %y = lw.cum_sum %x {axis = 1, exclusive} : tensor<2x10xf32>
    ```
  }];
  let arguments = (ins Lw_AnyElements:$input, Lw_Axis:$axis, UnitAttr:$exclusive,
    UnitAttr:$reverse);
  let results = (outs Lw_AnyElements:$output);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Reading an image where coordinates say
//===----------------------------------------------------------------------===//

def Lw_GridSampleOp : Lw_Op<"grid_sample"> {
  let summary = "An image, or a volume, read at the points of a grid";
  let description = [{
    The input is `N x H x W x C`, or `N x D x H x W x C`; the last dimension of the
    grid holds one coordinate for each of its 2 or 3 dimensions, that of the
    last dimension, `W`, first. A coordinate from -1 to 1 spans the extent `n`, from
    the middle of the first element to that of the last with `align_corners`, else
    from edge to edge:

    ```
    p = align_corners ? (g + 1) / 2 * (n - 1) : ((g + 1) * n - 1) / 2
    y[b, o..., c] = sum over taps t of weight(p - t) * x[b, t..., c]
    ```

    `mode` is `nearest` (one tap, halves to even), `linear` (two along each dimension)
    or `cubic` (four, Keys' kernel with -0.75). `padding` says what lies outside:
    `zeros`, the nearest element that exists (`border`) or those inside mirrored at
    the edges of the span (`reflection`). (ONNX, GridSample.)

    Example:

    ```mlir
    %y = lw.grid_sample %x, %grid {mode = "linear", padding = "zeros"}
         : (tensor<1x8x8x3xf32>, tensor<1x5x6x2xf32>) -> tensor<1x5x6x3xf32>
    ```
  }];
  let arguments = (ins TensorOf<[F32]>:$input, TensorOf<[F32]>:$grid,
    DefaultValuedStrAttr<Lw_OneOf<"\"nearest\", \"linear\", \"cubic\"",
      "is nearest, linear or cubic">, "linear">:$mode,
    DefaultValuedStrAttr<Lw_OneOf<"\"zeros\", \"border\", \"reflection\"",
      "is zeros, border or reflection">, "zeros">:$padding,
    UnitAttr:$align_corners);
  let results = (outs TensorOf<[F32]>:$output);
  let assemblyFormat = "$input `,` $grid attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lw_RoiAlignOp : Lw_Op<"roi_align"> {
  let summary = "Regions of images, each resampled to one size";
  let description = [{
    A region `(x1, y1, x2, y2)` of image `batch_indices[r]`, times `spatial_scale` and with
    `half_pixel` less 0.5, is divided into `PH x PW` bins. In each lie `S x S` points in
    regular distances, `S = sampling_ratio`, or with a ratio of 0 as many as the bin
    is wide and high, rounded up (no more than 1024). At each the image is
    interpolated linearly between four elements; a point more than one element
    outside reads 0. The result is the average of the points, or with `max` the
    greatest of all four weighted elements of all of them. Without `half_pixel` regions
    are at least 1 x 1. (He et al., Mask R-CNN, 2017; ONNX, RoiAlign.)

    Example:

    ```mlir
    %y = lw.roi_align %x, %rois, %images {spatial_scale = 0.5 : f32, sampling_ratio = 2, half_pixel}
         : (tensor<1x16x16x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> tensor<5x7x7x8xf32>
    ```
  }];
  let arguments = (ins 4DTensorOf<[F32]>:$input, 2DTensorOf<[F32]>:$rois,
    1DTensorOf<[I32, I64]>:$batch_indices, F32Attr:$spatial_scale,
    DefaultValuedAttr<Lw_Axis, "0">:$sampling_ratio, UnitAttr:$max, UnitAttr:$half_pixel);
  let results = (outs 4DTensorOf<[F32]>:$output);
  let assemblyFormat = [{
    $input `,` $rois `,` $batch_indices attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Lw_MaxRoiPoolOp : Lw_Op<"max_roi_pool"> {
  let summary = "Regions of images, each pooled to one size";
  let description = [{
    A row of `rois` is `(image, x1, y1, x2, y2)`. The corners, times `spatial_scale` and
    rounded to whole elements (halves away from zero), both belong to the region.
    It is divided into `PH x PW` bins, from `floor(i * h / PH)` to `ceil((i + 1) * h / PH)`;
    the result is the greatest element of each, 0 where none lies inside the
    image. (Girshick, Fast R-CNN, 2015; ONNX, MaxRoiPool.)

    Example:

    ```mlir
    %y = lw.max_roi_pool %x, %rois {spatial_scale = 0.0625 : f32}
         : (tensor<1x16x16x8xf32>, tensor<5x5xf32>) -> tensor<5x7x7x8xf32>
    ```
  }];
  let arguments = (ins 4DTensorOf<[F32]>:$input, 2DTensorOf<[F32]>:$rois,
    F32Attr:$spatial_scale);
  let results = (outs 4DTensorOf<[F32]>:$output);
  let assemblyFormat = "$input `,` $rois attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Choosing boxes
//===----------------------------------------------------------------------===//

def Lw_NonMaxSuppressionOp : Lw_Op<"non_max_suppression"> {
  let summary = "Boxes of each class, none of which covers a better one";
  let description = [{
    Of the boxes of each image, for each class one after the other, those whose
    score is greater than `score_threshold`, the best first (of equal ones that with
    the lower index), without those whose intersection with one that is chosen
    already is more than `iou_threshold` of their union. A box is `(y1, x1, y2, x2)`, two
    opposite corners, or with `center_point` `(x, y, width, height)`.

    A row of the result is `(image, class, box)`. It has `M` rows for each class of
    each image; those that are chosen come first, without gaps, and what is left
    are rows of -1. (ONNX, NonMaxSuppression, has as many rows as are chosen.)

    Example:

    ```mlir
    %rows = lw.non_max_suppression %boxes, %scores {iou_threshold = 0.5 : f32, score_threshold = 0.1 : f32}
         : (tensor<1x100x4xf32>, tensor<1x3x100xf32>) -> tensor<30x3xi64>
    ```
  }];
  let arguments = (ins 3DTensorOf<[F32]>:$boxes, 3DTensorOf<[F32]>:$scores,
    F32Attr:$iou_threshold, F32Attr:$score_threshold, UnitAttr:$center_point);
  let results = (outs 2DTensorOf<[I64]>:$output);
  let assemblyFormat = "$boxes `,` $scores attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // LW_DIALECT_IR_LWINDEXOPS_TD
