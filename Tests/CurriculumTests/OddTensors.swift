import Tensors

/// Tensors that no student hands in, of no shape and of shapes that are asked for.
let oddTensors: [Tensor] = [
  Tensor([]), Tensor(scalar: .nan), .zeros([1, 0, 3]), .zeros([4, 7, 41]), .zeros([4, 5, 12]),
  .zeros([5, 6]), .zeros([4, 6]), .zeros([4]), Tensor(repeating: .infinity, shape: [4, 7, 41]),
  Tensor(repeating: .infinity, shape: [5, 6]), Tensor(repeating: 1e38, shape: [5, 41]),
  Tensor(repeating: 1e38, shape: [4, 6]),
]

/// Lists that no student hands in: of nothing, of no number, and of numbers without measure.
func oddLists(_ count: Int) -> [[Double]] {
  [[], [.nan], Array(repeating: 1e300, count: count)]
}
