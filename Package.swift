// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
/// Rooms that work on numbers are optimised in debug builds too: students type `swift run`.
/// As whole modules, or a kernel in one file is not inlined into the loops of another.
let optimised =
  settings + [
    .unsafeFlags(
      ["-O", "-disable-batch-mode", "-wmo", "-num-threads", "2"], .when(configuration: .debug))
  ]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
  name: "Headlight",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(name: "CCairo", providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
    .target(name: "Tensors", dependencies: ["COpenBLAS"], swiftSettings: optimised),
    .target(name: "Transformers", dependencies: ["Tensors"], swiftSettings: optimised),
    .target(
      name: "Checkpoints", dependencies: ["Tensors", "Transformers"], swiftSettings: optimised),
    .target(
      name: "Interpretability", dependencies: ["Tensors", "Transformers"],
      swiftSettings: optimised),
    .executableTarget(
      name: "TrainingStep", dependencies: ["Tensors", "Transformers"],
      path: "Benchmarks/TrainingStep", swiftSettings: optimised),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"], swiftSettings: optimised),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "Tensors", "Transformers"],
      swiftSettings: optimised),
    .testTarget(
      name: "TransformersTests", dependencies: ["Checkpoints", "Tensors", "Transformers"],
      swiftSettings: optimised),
    .target(name: "Tokenizers", swiftSettings: optimised),
    .testTarget(name: "TokenizersTests", dependencies: ["Tokenizers"], swiftSettings: optimised),
    .target(
      name: "Coursework", dependencies: ["Tensors", subprocess], swiftSettings: optimised),
    .executableTarget(
      name: "CourseworkFixture", dependencies: ["Coursework", "Tensors"],
      path: "Tests/CourseworkFixture", swiftSettings: settings),
    .testTarget(
      name: "CourseworkTests", dependencies: ["Coursework", "Tensors", "CourseworkFixture"],
      swiftSettings: settings),
  ]
)
