extension Tensor {
  /// The matrix product: `[…, m, k]` with `[k, n]`, or with `[…, k, n]` under the same leading axes.
  ///
  /// - Precondition: the inner lengths agree, and so do the leading axes when `other` has any.
  public func matmul(_ other: Tensor) -> Tensor { product(other) }

  /// The matrix product with either operand read transposed in its last two axes.
  ///
  /// - Parameter bias: Added to every row of a product with a single matrix, `[n]`.
  func product(
    _ other: Tensor, transposingSelf: Bool = false, transposingOther: Bool = false,
    adding bias: Tensor? = nil
  ) -> Tensor {
    precondition(
      rank >= 2 && other.rank >= 2,
      "a matrix product needs matrices, not \(shape) and \(other.shape)")
    // What stands on the left is widened at once, and a batch too: a weight is what is on the right.
    let a = widened().detached()
    let isWeight = other.rank == 2 && !transposingSelf
    let b = (isWeight ? other : other.widened()).detached()
    defer { withExtendedLifetime((a, b)) {} }
    let (rows, inner) = matrixShape(transposed: transposingSelf)
    let (otherInner, columns) = other.matrixShape(transposed: transposingOther)
    precondition(
      inner == otherInner,
      "the inner lengths \(inner) and \(otherInner) of \(shape) and \(other.shape) differ")

    if isWeight {
      let leading = Array(shape.dropLast())
      let m = leading.reduce(1, *)
      precondition(
        bias == nil || bias?.shape == [columns],
        "a bias \(bias?.shape ?? []) does not fit the \(columns) columns of a product")
      let result = Tensor(uninitialized: leading + [columns])
      BLAS.multiplyInParallel(
        .init(a.storage.base, stride: inner),
        b.operand(stride: b.shape[1], transposed: transposingOther),
        into: result.storage.base, stride: columns, m: m, n: columns, k: inner,
        adding: bias?.storage.base)
      return result.recording(
        [self, other] + (bias.map { [$0] } ?? []),
        [
          { $0.product(b, transposingOther: !transposingOther) },
          { gradient in
            let g = gradient.reshaped(to: [m, columns])
            let x = a.reshaped(to: [m, inner])
            return transposingOther
              ? g.transposedProduct(x) : x.transposedProduct(g)
          },
          { $0.summed(to: [columns]) },
        ])
    }
    precondition(bias == nil, "only a product with a single matrix takes a bias")

    precondition(
      shape.dropLast(2).elementsEqual(other.shape.dropLast(2)),
      "the leading axes of \(shape) and \(other.shape) differ")
    let batch = shape.dropLast(2).reduce(1, *)
    let result = Tensor(uninitialized: shape.dropLast(2) + [rows, columns])
    nonisolated(unsafe) let (x, y, out) = (a.storage.base, b.storage.base, result.storage.base)
    let (strideA, strideB) = (a.shape[rank - 1], b.shape[other.rank - 1])
    Parallel.forEachChunk(of: batch, work: batch * rows * inner * columns, grain: 1 << 20) { part in
      // A batch of one is not shared out above, so its product is here.
      for index in part {
        BLAS.multiplyInParallel(
          .init(x + index * rows * inner, stride: strideA, transposed: transposingSelf),
          .init(y + index * inner * columns, stride: strideB, transposed: transposingOther),
          into: out + index * rows * columns, stride: columns, m: rows, n: columns, k: inner)
      }
    }
    return result.recording(
      [self, other],
      [
        {
          transposingSelf
            ? b.product($0, transposingSelf: transposingOther, transposingOther: true)
            : $0.product(b, transposingOther: !transposingOther)
        },
        {
          transposingOther
            ? $0.product(a, transposingSelf: true, transposingOther: transposingSelf)
            : a.product($0, transposingSelf: !transposingSelf)
        },
      ])
  }

  /// `selfᵀ other` of two matrices `[m, k]` and `[m, n]`: the gradient of a weight.
  private func transposedProduct(_ other: Tensor) -> Tensor {
    let (m, k, n) = (shape[0], shape[1], other.shape[1])
    let result = Tensor(uninitialized: [k, n])
    BLAS.multiplyInParallel(
      .init(storage.base, stride: k, transposed: true), .init(other.storage.base, stride: n),
      into: result.storage.base, stride: n, m: k, n: n, k: m)
    return result
  }

  private func matrixShape(transposed: Bool) -> (rows: Int, columns: Int) {
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    return transposed ? (columns, rows) : (rows, columns)
  }
}

extension Tensor {
  /// `self otherᵀ`: `[…, m, k]` with `[n, k]`, the product of a layer whose weight is
  /// `[output, input]`.
  ///
  /// - Parameter bias: Added to every row, `[n]`.
  public func matmul(transposing other: Tensor, adding bias: Tensor? = nil) -> Tensor {
    product(other, transposingOther: true, adding: bias)
  }

  /// The values from one on as the second operand of a product.
  package func operand(from start: Int = 0, stride: Int, transposed: Bool) -> BLAS.Operand {
    if let narrow = storage.narrow {
      return .init(narrow.base + start, narrow.format, stride: stride, transposed: transposed)
    }
    return .init(storage.base + start, stride: stride, transposed: transposed)
  }
}
