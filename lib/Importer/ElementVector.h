//===- ElementVector.h - Elements of a constant -----------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_ELEMENTVECTOR_H
#define LW_LIB_IMPORTER_ELEMENTVECTOR_H

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace mlir::lw::importer {

/// The elements of a constant: a vector that copies share until one of them is
/// written to, or one value many times over, which takes no memory until it is
/// read as a vector.
template <typename T> class ElementVector {
public:
  ElementVector() = default;
  ElementVector(std::vector<T> values)
      : vector(std::make_shared<std::vector<T>>(std::move(values))),
        count(vector->size()) {}
  static ElementVector repeat(T value, size_t count) {
    ElementVector result;
    result.value = value;
    result.count = count;
    return result;
  }

  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  /// The value of all elements, where they have been made from one.
  std::optional<T> repeated() const {
    return vector || count == 0 ? std::nullopt : std::optional<T>(value);
  }

  const std::vector<T> &get() const {
    if (!vector)
      vector = std::make_shared<std::vector<T>>(count, value);
    return *vector;
  }
  operator const std::vector<T> &() const { return get(); }
  const T *data() const { return get().data(); }
  const T *begin() const { return data(); }
  const T *end() const { return data() + count; }
  const T &operator[](size_t i) const { return vector ? (*vector)[i] : value; }
  const T &front() const { return (*this)[0]; }
  const T &back() const { return (*this)[count - 1]; }

  T &operator[](size_t i) { return own()[i]; }
  T *begin() { return own().data(); }
  T *end() { return own().data() + count; }
  void reserve(size_t size) { own().reserve(size); }
  void push_back(T element) {
    change([&](auto &v) { v.push_back(element); });
  }
  void resize(size_t size) {
    change([&](auto &v) { v.resize(size); });
  }
  template <typename Iterator> void assign(Iterator from, Iterator to) {
    *this = std::vector<T>(from, to);
  }
  template <typename Iterator> void append(Iterator from, Iterator to) {
    change([&](auto &v) { v.insert(v.end(), from, to); });
  }

private:
  /// A vector that no copy shares.
  std::vector<T> &own() {
    get();
    if (vector.use_count() > 1)
      vector = std::make_shared<std::vector<T>>(*vector);
    return *vector;
  }
  template <typename Change> void change(Change change) {
    change(own());
    count = vector->size();
  }

  mutable std::shared_ptr<std::vector<T>> vector;
  T value = T();
  size_t count = 0;
};

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_ELEMENTVECTOR_H
