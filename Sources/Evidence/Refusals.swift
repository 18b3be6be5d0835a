import Circuits
import Heads
import Interpretability
import Interventions
import Spans

/// Why a method refuses a model, in a sentence; nil for an error that is none of the model's kind.
package func refusal(_ error: any Error) -> String? {
  switch error {
  case let error as NotAsked: error.description
  case let error as HeadError: error.description
  case let error as SpanError: error.description
  case let error as CircuitError: error.description
  case let error as PatchscopeError: error.description
  case let error as SweepError: error.description
  default: nil
  }
}
