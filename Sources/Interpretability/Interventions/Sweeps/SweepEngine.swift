import Foundation
import Synchronization
import Tensors
import Transformers

/// Runs trials: plans lanes, shares them among threads, and hands out what has come of each.
struct SweepEngine: Sendable {
  let run: RecordedRun
  let plan: SweepPlan
  private let wanted: Set<HookPoint>
  private let threads: Int

  init(
    _ trials: [(index: Int, trial: Trial)], on model: Transformer, _ input: ModelInput,
    under base: [Trial] = [], reading reads: SweepReads, options: SweepOptions
  ) throws {
    let configuration = model.configuration
    let stack = configuration.stacks[configuration.stacks.count - 1].stack
    // The widest moment of a block: its hidden layer, and some copies of the stream.
    let length = max(input.tokens[0].count, input.decoderTokens?[0].count ?? 0)
    let floats =
      8 * configuration.width + 3 * stack.feedForwardWidth + 2 * stack.headCount * length
    let threads = max(options.threads, 1)
    let tokens = max(length, options.memory / threads / (4 * floats))
    plan = try SweepPlan(
      trials, on: input, of: model, under: base, reading: reads,
      tokenLimit: min(tokens, Self.tokenLimit),
      laneCount: threads)
    run = try RecordedRun(model, input, capturing: plan.points, under: plan.base)
    wanted = reads.points
    self.threads = threads
  }

  /// Beyond so many rows a matrix product gains nothing, and activations leave the cache.
  private static let tokenLimit = 2048

  /// Runs every lane.
  ///
  /// - Parameter finish: Takes what has come of a lane, on the thread that ran it, and says how many
  ///   trials are finished with it.
  func run(
    progress: @Sendable (SweepProgress) -> Bool, alreadyFinished: Int, of total: Int,
    finish: @Sendable (LaneRun.Outcome, LaneRun) throws -> Int
  ) throws {
    struct State {
      var next = 0
      var finished: Int
      var cost = 0
      var isStopped = false
      var error: (any Error)?
    }
    let state = Mutex(State(finished: alreadyFinished))
    let recorded = Set(run.trace.points)
    let start = ContinuousClock.now
    let whole = plan.lanes.reduce(0) { $0 + $1.cost }
    @Sendable func work() {
      while true {
        let lane = state.withLock { state -> Lane? in
          guard !state.isStopped, state.next < plan.lanes.count else { return nil }
          defer { state.next += 1 }
          return plan.lanes[state.next]
        }
        guard let lane else { return }
        do {
          let lanes = LaneRun(run: run, lane: lane, wanted: wanted, recorded: recorded)
          let outcome = try lanes.outcome {
            if state.withLock({ $0.isStopped }) { throw CancellationError() }
          }
          let count = try finish(outcome, lanes)
          state.withLock { state in
            state.finished += count
            state.cost += lane.cost
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            let remaining = elapsed / Double(state.cost) * Double(whole - state.cost)
            let goesOn = progress(
              SweepProgress(
                finished: state.finished, total: total, elapsed: elapsed, remaining: remaining))
            if !goesOn { state.isStopped = true }
          }
        } catch {
          state.withLock { state in
            if !state.isStopped { state.error = error }
            state.isStopped = true
          }
        }
      }
    }
    let shares = min(threads, plan.lanes.count)
    if shares > 1 { Parallel.forEachShare(shares) { _ in work() } } else { work() }
    if let error = state.withLock({ $0.error }) { throw error }
  }
}
