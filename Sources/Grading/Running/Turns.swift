/// Who works when: many at the same time, or one alone.
///
/// Turns are given in the order they are asked for, so that whoever has to be alone is not kept
/// waiting by those who come later.
actor Turns {
  private var working = 0
  private var isAlone = false
  private var waiting: [(alone: Bool, turn: CheckedContinuation<Void, Never>)] = []

  /// Works beside others.
  nonisolated func together<Result: Sendable>(
    _ work: () async throws -> Result
  ) async rethrows -> Result { try await turn(alone: false, work) }

  /// Works while nobody else does.
  nonisolated func alone<Result: Sendable>(
    _ work: () async throws -> Result
  ) async rethrows -> Result { try await turn(alone: true, work) }

  private nonisolated func turn<Result: Sendable>(
    alone: Bool, _ work: () async throws -> Result
  ) async rethrows -> Result {
    await begin(alone: alone)
    do {
      let result = try await work()
      await end()
      return result
    } catch {
      await end()
      throw error
    }
  }

  private func begin(alone: Bool) async {
    if waiting.isEmpty, admits(alone: alone) { return take(alone: alone) }
    await withCheckedContinuation { waiting.append((alone, $0)) }
  }

  private func end() {
    working -= 1
    isAlone = false
    while let next = waiting.first, admits(alone: next.alone) {
      waiting.removeFirst()
      take(alone: next.alone)
      next.turn.resume()
    }
  }

  private func admits(alone: Bool) -> Bool { !isAlone && (working == 0 || !alone) }

  private func take(alone: Bool) {
    working += 1
    isAlone = alone
  }
}
