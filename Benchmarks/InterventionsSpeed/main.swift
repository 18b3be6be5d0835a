// Interventions on decoders with random weights, timed: what a student would otherwise loop over
// forward passes for. `compare.py` runs the same loops over TransformerLens's hooks beside it.
//
// usage: Interventions TASK [runs [threads]]
//
// With one thread batches go one after the other, and what each computes is shared among cores;
// with more, batches are.
//
// Beside each time stands that of the matrix products that cannot be shared between runs, into memory
// that is already there: what no engine on this machine can be faster than.

import Interventions
import Tensors
import Transformers

let arguments = Array(CommandLine.arguments.dropFirst())
guard let name = arguments.first, let task = BenchmarkTask(rawValue: name) else {
  fatalError(
    "usage: Interventions (\(BenchmarkTask.allCases.map(\.rawValue).joined(separator: " | "))) [runs]"
  )
}
let runs = max(arguments.count > 1 ? Int(arguments[1]) ?? 5 : 5, 1)
let options = SweepOptions(threads: arguments.count > 2 ? Int(arguments[2]) : nil)
let bench = Bench(task)
let multiplyAlone = bench.prepareProducts()
var times: [Double] = []
var bounds: [Double] = []
for run in 0...runs {
  let time = try ContinuousClock().measure { try bench.run(options) }
  let bound = ContinuousClock().measure { multiplyAlone() }
  if run > 0 {
    times.append(time / .milliseconds(1))
    bounds.append(bound / .milliseconds(1))
  }
}
times.sort()
bounds.sort()
print(
  "\(name): median \(times[runs / 2]) ms, least \(times[0]) ms,",
  "products alone \(bounds[runs / 2]) ms, least \(bounds[0]) ms, n=\(runs)")
