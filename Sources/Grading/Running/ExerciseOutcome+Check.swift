import Coursework

extension ExerciseOutcome {
  /// What became of an exercise whose public and hidden cases were asked.
  ///
  /// The hidden cases give the points, for the public ones are on every student's machine, and an
  /// answer that knows them by heart knows nothing; but no more than the public cases give, for the
  /// hidden ones may be kind by chance. Nothing that a hidden case shows gets in here.
  init(_ exercise: Exercise, _ check: PartsCheck) {
    let open = check.results[0]
    let counted = check.results.last!
    let points = min(open.points, counted.points)
    // Right where nobody looks, and wrong where everybody can.
    let isSpoilt = counted.status == .passed && open.status != .passed
    self.init(
      id: exercise.id, title: exercise.title, points: points, maxPoints: exercise.points,
      status: !isSpoilt ? counted.status : points > 0 ? .partial : open.status, message: "",
      isOpen: exercise.isOpen,
      text: exercise.isOpen ? open.text : nil, seconds: check.runSeconds + check.verifySeconds)
    guard !exercise.isOpen else {
      message = open.message
      return
    }
    publicPart = PartOutcome(open, showsDetail: true)
    var hidden = PartOutcome(counted.concealed, showsDetail: false)
    // A word of praise may say what was found in the hidden input.
    if counted.status == .passed {
      hidden.message = "right in all hidden cases, of which there are \(hidden.caseCount)"
    }
    hiddenPart = hidden
    switch (open.status == .passed, counted.status == .passed) {
    case (true, true): message = "right in all cases, public and hidden"
    case (true, false): message = "all public cases are right; hidden cases: \(counted.message)"
    case (false, _) where open.status == counted.status && open.message == counted.message:
      message = open.message
    case (false, true): message = "all hidden cases are right; public cases: \(open.message)"
    case (false, false):
      message =
        open.status == .unanswered && counted.status == .unanswered
        ? open.message : "public cases: \(open.message); hidden cases: \(counted.message)"
    }
  }
}

extension PartOutcome {
  init(_ result: ExerciseResult, showsDetail: Bool) {
    self.init(
      points: result.points, status: result.status, message: result.message,
      detail: showsDetail ? result.detail : nil,
      rightCases: result.cases.count { $0.verdict.status == .passed },
      caseCount: result.cases.count)
  }
}
