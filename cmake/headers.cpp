// The headers that are precompiled belong to a target, which needs a source.
