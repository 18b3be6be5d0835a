// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Rooms that work on numbers are optimised in debug builds too: students type `swift run`.
///
/// As whole modules, or a kernel in one file is not inlined into the loops of another.
let optimised =
  settings + [
    .unsafeFlags(
      ["-O", "-disable-batch-mode", "-wmo", "-num-threads", "2"], .when(configuration: .debug))
  ]

/// A library module in `Sources`, and its tests.
///
/// Tests are built as they are, which takes a third of the time, unless they count through numbers for
/// longer than that saves.
func room(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil,
  testing extra: [Target.Dependency] = [], optimisingTests: Bool = false
) -> [Target] {
  [
    .target(
      name: name, dependencies: dependencies, resources: resources, swiftSettings: optimised),
    // ### BEGIN HIDDEN TESTS
    .testTarget(
      name: name + "Tests", dependencies: [.byName(name: name)] + dependencies + extra,
      swiftSettings: optimisingTests ? optimised : settings),
    // ### END HIDDEN TESTS
  ]
}

/// What runs a model with something changed stands in rooms of its own, so that the sheets that do
/// not need it need not build it.
let methods = ["Interventions", "Heads", "Circuits", "Spans"]

/// A room of methods in `Sources/Interpretability`.
func method(_ name: String, _ dependencies: [Target.Dependency]) -> [Target] {
  [
    .target(
      name: name,
      dependencies: ["Interpretability", "Tensors", "Transformers"] + dependencies,
      path: "Sources/Interpretability/\(name)", swiftSettings: optimised)
  ]
}

/// A program in `Benchmarks`.
func benchmark(_ name: String, _ dependencies: [Target.Dependency]) -> [Target] {
  [
    .executableTarget(
      name: name, dependencies: dependencies, path: "Benchmarks/\(name)", swiftSettings: optimised)
  ]
}

/// A sheet: its vocabulary, which is all that an answer may import, its exercises, the student's
/// program, the solution's, and the tests that check the student's answers.
///
/// Answers see what is `public` and nothing else, here as where they are graded.
///
/// - Parameter methods: The rooms of methods that its oracles and figures need beside
///   `Interpretability`.
func sheet(_ number: Int, _ title: String, methods: [String]) -> [Target] {
  let folder = "\(number)-\(title)"
  let vocabulary = title + "Vocabulary"
  let exercises = title + "Exercises"
  let program: [Target.Dependency] = [
    "Answering", .byName(name: vocabulary), .byName(name: exercises), "Coursework", "Tensors",
    "Transformers",
  ]
  return [
    .target(
      name: vocabulary,
      dependencies: ["Answering", "Models", "Tensors", "Tokenizers", "Transformers"],
      path: "Sources/Curriculum/\(folder)/Vocabulary", swiftSettings: optimised),
    .target(
      name: exercises,
      dependencies: [
        .byName(name: vocabulary), "Answering", "Coursework", "Figures", "Interpretability",
        "Laboratory", "Models", "SheetTools", "Tensors", "Tokenizers", "Transformers",
      ] + methods.map { .byName(name: $0) },
      path: "Sources/Curriculum/\(folder)/Exercises", swiftSettings: optimised),
    .executableTarget(
      name: "Sheet\(number)", dependencies: program, path: "Sheets/\(folder)",
      exclude: ["README.md"], packageAccess: false, swiftSettings: settings),
    // ### BEGIN SOLUTION
    .executableTarget(
      name: "Solution\(number)", dependencies: program, path: "Solutions/\(folder)",
      exclude: ["Figures"], packageAccess: false, swiftSettings: settings),
    // ### END SOLUTION
    .testTarget(
      name: "Sheet\(number)Tests",
      dependencies: ["Coursework", .byName(name: exercises), .byName(name: "Sheet\(number)")],
      swiftSettings: settings),
  ]
}

let sheets: [(number: Int, title: String, methods: [String])] = [
  (number: 1, title: "Attention", methods: []),
  (number: 2, title: "Probing", methods: []),
  (number: 3, title: "Gradients", methods: []),
  (number: 4, title: "Sorting", methods: []),
  (number: 5, title: "Lenses", methods: ["Interventions"]),
  (number: 6, title: "Patchscopes", methods: ["Interventions"]),
  (number: 7, title: "Idioms", methods: []),
  (number: 8, title: "Suppression", methods: ["Heads"]),
  (number: 9, title: "Circuits", methods: ["Circuits", "Interventions"]),
]

/// What the command-line tool is made of.
var headlight: [Target.Dependency] = [
  "Answering", "Checkpoints", "Coursework", "Curriculum", "Evidence", "Figures", "Files", "Hub",
  "Interpretability", "Laboratory", "Models", "Tensors", "Tokenizers", "Training", "Transformers",
]
headlight += methods.map { .byName(name: $0) }
// ### BEGIN INSTRUCTOR
headlight.append("Grading")
// ### END INSTRUCTOR

/// What wrong answers are graded by, as a class is.
var graders: [Target.Dependency] = []
// ### BEGIN HIDDEN TESTS
graders += ["CourseworkFixture", "Grading", "Pictures"]
// ### END HIDDEN TESTS

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let targets: [[Target]] = [
  [
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(name: "CCairo", providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
  ],
  [
    .target(
      name: "CKernels",
      cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))])
  ],
  room("Tensors", ["CKernels", "COpenBLAS"], optimisingTests: true),
  room("Transformers", ["Tensors"], testing: ["Checkpoints"]),
  room("Files", []),
  room("Tokenizers", ["Files"]),
  room("Checkpoints", ["Files", "Tensors", "Transformers"]),
  [
    .target(
      name: "Interpretability",
      dependencies: ["Checkpoints", "Tensors", "Tokenizers", "Transformers"],
      exclude: methods, swiftSettings: optimised)
  ],
  method("Interventions", []),
  method("Heads", ["Interventions"]),
  method("Circuits", ["Interventions"]),
  method("Spans", ["Checkpoints", "Files", "Interventions", "Tokenizers"]),
  // ### BEGIN HIDDEN TESTS
  [
    .testTarget(
      name: "InterpretabilityTests",
      dependencies: ["Checkpoints", "Interpretability", "Tensors", "Tokenizers", "Transformers"]
        + methods.map { .byName(name: $0) }, swiftSettings: settings)
  ],
  // ### END HIDDEN TESTS
  room(
    "Models", ["Checkpoints", "Tokenizers", "Transformers"],
    resources: [.copy("Embedded")]),
  room("Laboratory", ["Interpretability", "Models", "Tensors", "Tokenizers", "Transformers"]),
  room(
    "Training",
    [
      "Checkpoints", "Files", "Interpretability", "Interventions", "Laboratory", "Models",
      "Tensors", "Tokenizers", "Transformers",
    ]),
  room("Figures", ["CCairo", "CZlib", "Files", "Tensors"], testing: ["Pictures"]),
  // ### BEGIN HIDDEN TESTS
  [.target(name: "Pictures", dependencies: ["CCairo"], path: "Tests/Pictures")],
  // ### END HIDDEN TESTS
  [.target(name: "CCurl", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))])],
  room("Hub", ["CCurl", "Checkpoints", "Files", crypto]),
  [.target(name: "Answering", swiftSettings: settings)],
  room(
    "Coursework", ["Answering", "Files", "Tensors", subprocess], testing: ["CourseworkFixture"]),
  // ### BEGIN HIDDEN TESTS
  [
    .executableTarget(
      name: "CourseworkFixture", dependencies: ["Answering", "Coursework", "Tensors"],
      path: "Tests/CourseworkFixture", swiftSettings: settings)
  ],
  // ### END HIDDEN TESTS
  [
    .target(
      name: "SheetTools",
      dependencies: [
        "Coursework", "Figures", "Laboratory", "Models", "Tensors",
        "Tokenizers", "Transformers",
      ], path: "Sources/Curriculum/SheetTools", swiftSettings: optimised),
    .target(
      name: "Curriculum",
      dependencies: ["Coursework"] + sheets.map { .byName(name: $0.title + "Exercises") },
      path: "Sources/Curriculum/Course", swiftSettings: settings),
    // ### BEGIN HIDDEN TESTS
    .testTarget(
      name: "CurriculumTests",
      dependencies: [
        "Answering", "Coursework", "Curriculum", "Figures", "Interpretability", "Laboratory",
        "Models", "SheetTools", "Tensors", "Tokenizers", "Transformers",
      ] + methods.map { .byName(name: $0) } + graders
        + sheets.flatMap {
          [
            .byName(name: $0.title + "Vocabulary"), .byName(name: $0.title + "Exercises"),
            .byName(name: "Solution\($0.number)"),
          ]
        }, swiftSettings: settings),
    // ### END HIDDEN TESTS
  ],
  sheets.flatMap { sheet($0.number, $0.title, methods: $0.methods) },
  room(
    "Evidence",
    [
      "Checkpoints", "Files", "Interpretability", "Laboratory", "Models", "SortingExercises",
      "SortingVocabulary", "Tensors", "Tokenizers", "Transformers",
    ] + methods.map { .byName(name: $0) }),
  // ### BEGIN INSTRUCTOR
  [.executableTarget(name: "confine", exclude: ["preloaded"])],
  room(
    "Grading",
    ["Answering", "CZlib", "Coursework", "Curriculum", "Figures", "Files", "confine", crypto],
    testing: ["AttentionExercises", "CourseworkFixture", "Solution1", "headlight"]),
  // ### END INSTRUCTOR
  [
    .executableTarget(
      name: "headlight", dependencies: headlight + [argumentParser], swiftSettings: settings),
    // ### BEGIN HIDDEN TESTS
    .testTarget(
      name: "headlightTests",
      dependencies: ["headlight", "CourseworkFixture", "Pictures", argumentParser] + headlight
        + sheets.map { .byName(name: "Sheet\($0.number)") },
      swiftSettings: settings),
    // ### END HIDDEN TESTS
  ],
  // ### BEGIN HIDDEN TESTS
  benchmark("TrainingStep", ["Tensors", "Transformers"]),
  benchmark("Forward", ["Tensors", "Transformers"]),
  benchmark("Trace", ["Tensors", "Transformers"]),
  benchmark("Generation", ["Checkpoints", "Tensors", "Transformers"]),
  benchmark("LargeModel", ["Checkpoints", "Tensors", "Transformers"]),
  benchmark("Products", ["Tensors"]),
  benchmark("IntegratedGradients", ["Interpretability", "Tensors", "Transformers"]),
  benchmark("InterventionsSpeed", ["Interventions", "Tensors", "Transformers"]),
  benchmark(
    "HeadsSpeed", ["Heads", "Interpretability", "Interventions", "Tensors", "Transformers"]),
  benchmark(
    "CircuitsSpeed",
    ["Circuits", "Laboratory", "Models", "Tensors", "Transformers"]),
  benchmark("Lens", ["Interpretability", "Tensors", "Transformers"]),
  benchmark("Page", ["Figures", "Tensors"]),
  benchmark("Tokenize", ["Tokenizers"]),
  benchmark("GradingSpeed", ["Coursework", "Curriculum", "Grading"]),
  benchmark(
    "Probing",
    ["Interpretability", "Laboratory", "Models", "Tensors", "Tokenizers", "Transformers"]),
  benchmark("Sorting", ["SortingExercises", "SortingVocabulary", "Tensors", "Transformers"]),
  benchmark(
    "SpansSpeed",
    [
      "Interpretability", "Interventions", "Laboratory", "Models", "Spans", "Tensors",
      "Tokenizers", "Transformers",
    ]),
  // ### END HIDDEN TESTS
]

let package = Package(
  name: "Headlight",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: targets.flatMap { $0 }
)
