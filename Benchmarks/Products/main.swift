// Matrix products as the tensor core makes them, beside OpenBLAS with threads of its own.
// The two are timed in turn, so that a machine that slows down slows both.

import Foundation
import Tensors

typealias SGEMM =
  @convention(c) (
    Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32,
    UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>, Int32
  ) -> Void
typealias SetThreads = @convention(c) (Int32) -> Void

// Makes the core choose its kernels and open the library; the same handle then serves the peer.
_ = Tensor(rows: [[1]]).matmul(Tensor(rows: [[1]]))
guard let library = dlopen("libopenblas.so.0", RTLD_NOW),
  let product = dlsym(library, "cblas_sgemm"),
  let limit = dlsym(library, "openblas_set_num_threads")
else { fatalError("libopenblas.so.0 is not here; run ./setup") }
let sgemm = unsafeBitCast(product, to: SGEMM.self)
let setThreads = unsafeBitCast(limit, to: SetThreads.self)
let cores = Int32(ProcessInfo.processInfo.activeProcessorCount)
var generator = SeededGenerator(seed: 0)

func milliseconds(_ body: () -> Void) -> Double {
  ContinuousClock().measure(body) / .milliseconds(1)
}

for (m, n, k) in [(1024, 1024, 1024), (2048, 2048, 2048), (1536, 2000, 128), (64, 3072, 768)] {
  let a = Tensor.randomUniform([m, k], using: &generator)
  let b = Tensor.randomUniform([k, n], using: &generator)
  var out = [Float](repeating: 0, count: m * n)
  var (ours, theirs): ([Double], [Double]) = ([], [])
  for _ in 0..<11 {
    setThreads(1)
    ours.append(milliseconds { _ = a.matmul(b) })
    setThreads(cores)
    theirs.append(
      milliseconds {
        a.withUnsafeValues { x in
          b.withUnsafeValues { y in
            sgemm(
              101, 111, 111, Int32(m), Int32(n), Int32(k), 1, x.baseAddress!, Int32(k),
              y.baseAddress!, Int32(n), 0, &out, Int32(n))
          }
        }
      })
  }
  let (mine, peer) = (ours.sorted()[5], theirs.sorted()[5])
  let rate = 2 * Double(m) * Double(n) * Double(k) / mine * 1e-6
  print(
    "\(m) x \(n) x \(k): \(String(format: "%.2f", mine)) ms, \(Int(rate)) GFLOPS; OpenBLAS "
      + "\(String(format: "%.2f", peer)) ms; rate \(String(format: "%.2f", peer / mine)) x its own")
}
