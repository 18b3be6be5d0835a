import CKernels
import COpenBLAS
import Foundation

/// Matrix products through OpenBLAS.
///
/// The library is opened at run time and not linked, for one reason: OpenBLAS picks its kernels
/// when it is loaded, by a list of processor models, and an older release on a newer processor
/// falls back to 128-bit kernels, five times slower. Opening it ourselves lets us name the kernels
/// by what the processor can do, in every executable and test, without asking the user to set
/// anything. `OPENBLAS_CORETYPE`, when set, is respected.
package enum BLAS {
  private typealias SGEMM =
    @convention(c) (
      CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, Int32, Int32, Int32, Float,
      UnsafePointer<Float>?, Int32, UnsafePointer<Float>?, Int32, Float,
      UnsafeMutablePointer<Float>?, Int32
    ) -> Void

  private static let sgemm: SGEMM = {
    if let kernels { setenv("OPENBLAS_CORETYPE", kernels, 1) }
    let names = [
      "libopenblas.so.0", "libopenblas.so", "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    ]
    for name in names {
      guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
      guard let product = dlsym(library, "cblas_sgemm") else { continue }
      // Products are split over threads by ``Parallel``, which also splits everything between them.
      if let limit = dlsym(library, "openblas_set_num_threads") {
        unsafeBitCast(limit, to: (@convention(c) (Int32) -> Void).self)(1)
      }
      return unsafeBitCast(product, to: SGEMM.self)
    }
    FileHandle.standardError.write(
      Data("headlight: OpenBLAS was not found; run ./setup to install libopenblas-dev.\n".utf8))
    exit(69)
  }()

  /// The kernels that OpenBLAS is told to take, or nil when it chooses.
  private static let kernels =
    ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] ?? bestKernels

  /// OpenBLAS's name for the widest kernels this processor runs, or nil to leave the choice to it.
  private static var bestKernels: String? {
    #if arch(x86_64) && os(Linux)
      guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
      else { return nil }
      let flags = Set(line.split(separator: " ").map(String.init))
      if flags.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl"]) {
        return "SkylakeX"
      }
      if flags.isSuperset(of: ["avx2", "fma"]) { return "Haswell" }
    #endif
    return nil
  }

  /// A matrix in memory: where it starts, how far apart its rows are, whether to read it transposed.
  package struct Operand {
    private var start: UnsafeRawPointer
    /// Nil where the values are Float32.
    fileprivate let format: NarrowValues.Format?
    fileprivate let stride: Int
    fileprivate let transposed: Bool

    package init(_ base: UnsafePointer<Float>, stride: Int, transposed: Bool = false) {
      (start, format, self.stride) = (UnsafeRawPointer(base), nil, stride)
      self.transposed = transposed
    }

    /// A matrix that is widened on its way into a product, as its second operand.
    package init(
      _ base: UnsafePointer<UInt16>, _ format: NarrowValues.Format, stride: Int, transposed: Bool
    ) {
      (start, self.format, self.stride) = (UnsafeRawPointer(base), format, stride)
      self.transposed = transposed
    }

    fileprivate var floats: UnsafePointer<Float> {
      precondition(format == nil, "the first operand of a product is Float32")
      return start.assumingMemoryBound(to: Float.self)
    }

    fileprivate var narrow: UnsafePointer<UInt16> { start.assumingMemoryBound(to: UInt16.self) }

    /// What is left when so many of the rows that lie in memory, or of the columns, come before.
    fileprivate func dropping(rows: Int = 0, columns: Int = 0) -> Operand {
      var rest = self
      rest.start += (rows * stride + columns) * (format == nil ? 4 : 2)
      return rest
    }
  }

  /// `c = scale · a b + keep · c` on the calling thread, with a `[m, k]`, b `[k, n]`, c `[m, n]`.
  ///
  /// - Parameter bias: In the place of what there was of c: `[n]`, added to every row.
  package static func multiply(
    _ a: Operand, _ b: Operand, into c: UnsafeMutablePointer<Float>, stride: Int,
    m: Int, n: Int, k: Int, scale: Float = 1, keep: Float = 0,
    adding bias: UnsafePointer<Float>? = nil
  ) {
    guard m > 0, n > 0 else { return }
    let areRowsFew =
      keep == 0 && (bias == nil || scale == 1) && KernelSet.hasFastProducts
      && isFewRows(a, b, m: m, n: n)
    guard let format = b.format, k > 0, !areRowsFew else {
      return multiply(
        a, b, into: c, stride: stride, m: m, n: n, k: k, scale: scale, keep: keep, adding: bias,
        areRowsFew: areRowsFew)
    }
    // A panel of the weight is widened and multiplied while it is in the cache.
    let (height, width) = b.transposed ? (n, k) : (k, n)
    let most = max(panelCount / width, 64)
    let panel = TensorStorage(uninitialized: min(most, height) * width)
    defer { withExtendedLifetime(panel) {} }
    let wide = Operand(panel.base, stride: width, transposed: b.transposed)
    for first in Swift.stride(from: 0, to: height, by: most) {
      let count = min(most, height - first)
      for row in 0..<count {
        let source = b.dropping(rows: first + row).narrow
        format.widen(source, into: panel.base + row * width, count: width)
      }
      if b.transposed {
        multiply(
          a, wide, into: c + first, stride: stride, m: m, n: count, k: k, scale: scale, keep: keep,
          adding: bias.map { $0 + first }, areRowsFew: false)
      } else {
        multiply(
          a.transposed ? a.dropping(rows: first) : a.dropping(columns: first), wide, into: c,
          stride: stride, m: m, n: n, k: count, scale: scale, keep: first == 0 ? keep : 1,
          adding: first == 0 ? bias : nil, areRowsFew: false)
      }
    }
  }

  /// How many values of a weight are widened at a time.
  private static let panelCount = 1 << 18

  /// ``multiply`` of Float32 operands, or of few rows with a weight of any kind.
  private static func multiply(
    _ a: Operand, _ b: Operand, into c: UnsafeMutablePointer<Float>, stride: Int,
    m: Int, n: Int, k: Int, scale: Float, keep: Float, adding bias: UnsafePointer<Float>?,
    areRowsFew: Bool
  ) {
    if areRowsFew {
      let (x, kernels) = (a.floats, KernelSet.best)
      switch b.format {
      case nil: kernels.products(x, a.stride, b.floats, b.stride, bias, c, stride, m, n, k)
      case .bfloat16:
        kernels.bfloatProducts(x, a.stride, b.narrow, b.stride, bias, c, stride, m, n, k)
      case .float16:
        kernels.halfProducts(x, a.stride, b.narrow, b.stride, bias, c, stride, m, n, k)
      }
      if scale != 1 {
        for row in 0..<m { kernels.scale(c + row * stride, scale, c + row * stride, n) }
      }
      return
    }
    // A product adds to what is there as fast as it starts from zero.
    var keep = keep
    if let bias {
      for row in 0..<m { (c + row * stride).update(from: bias, count: n) }
      keep = 1
    }
    guard k > 0 else {
      // With nothing to keep, what was there may be anything, NaN too.
      for row in 0..<m {
        for column in 0..<n {
          let place = row * stride + column
          c[place] = keep == 0 ? 0 : c[place] * keep
        }
      }
      return
    }
    sgemm(
      CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
      b.transposed ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), scale,
      a.floats, Int32(a.stride), b.floats, Int32(b.stride), keep, c, Int32(stride))
  }

  /// Whether few rows meet a weight that is read transposed.
  ///
  /// OpenBLAS copies operands into an order of its own before it multiplies, and with few rows that
  /// copy of the weight costs more than the product. As dot products of the rows where they lie, eight
  /// rows of a weight in memory take half the time that one takes in OpenBLAS 0.3.21 with its kernels
  /// for AVX2, and four fifths with those for AVX-512, handed over in parts small enough for it not to
  /// copy; from about 32 rows on the copy pays.
  private static func isFewRows(_ a: Operand, _ b: Operand, m: Int, n: Int) -> Bool {
    m <= 32 && n > m && b.transposed && !a.transposed
  }

  /// What `multiply` does, with rows or columns of the result shared out among threads when it is
  /// worth it.
  package static func multiplyInParallel(
    _ a: Operand, _ b: Operand, into c: UnsafeMutablePointer<Float>, stride: Int,
    m: Int, n: Int, k: Int, scale: Float = 1, keep: Float = 0,
    adding bias: UnsafePointer<Float>? = nil
  ) {
    // Below about two million multiplications a second thread costs more than it brings; with few
    // rows the time goes into reading the weight, and a second thread pays sooner.
    let work = m * n * k
    let grain = isFewRows(a, b, m: m, n: n) ? 600_000 : 2_000_000
    nonisolated(unsafe) let (a, b, c, bias) = (a, b, c, bias)
    if m >= n {
      Parallel.forEachChunk(of: m, work: work, grain: grain, multipleOf: 16) { rows in
        let part =
          a.transposed
          ? a.dropping(columns: rows.lowerBound) : a.dropping(rows: rows.lowerBound)
        multiply(
          part, b, into: c + rows.lowerBound * stride, stride: stride,
          m: rows.count, n: n, k: k, scale: scale, keep: keep, adding: bias)
      }
    } else {
      Parallel.forEachChunk(of: n, work: work, grain: grain, multipleOf: 16) { columns in
        let part =
          b.transposed
          ? b.dropping(rows: columns.lowerBound) : b.dropping(columns: columns.lowerBound)
        multiply(
          a, part, into: c + columns.lowerBound, stride: stride,
          m: m, n: columns.count, k: k, scale: scale, keep: keep,
          adding: bias.map { $0 + columns.lowerBound })
      }
    }
  }
}
