package import Coursework
package import Foundation

/// The zip that Gradescope builds its container from: `setup.sh`, `run_autograder`, the package
/// without its solutions, and the secret seed.
package struct AutograderBundle: Sendable {
  let course: URL
  let sheet: Sheet
  /// The content of the seed file.
  let seed: Data

  package init(course: URL, sheet: Sheet, seed: Data) {
    self.course = course
    self.sheet = sheet
    self.seed = seed
  }

  /// The zip's bytes.
  ///
  /// - Throws: ``ReportError`` as ``ReleaseTree`` does.
  package func zip() throws -> Data {
    var zip = ZipWriter()
    try zip.add("setup.sh", Data(Self.setup.utf8), isExecutable: true)
    try zip.add("run_autograder", Data(runAutograder.utf8), isExecutable: true)
    try zip.add("seed", seed)
    for file in try ReleaseTree(course: course, sheets: [sheet], purpose: .grading).files() {
      try zip.add("headlight/\(file.path)", file.content, isExecutable: file.isExecutable)
    }
    return zip.data
  }

  /// Runs once, when Gradescope builds the container from the zip, with a network.
  private static let setup = #"""
    #!/bin/sh
    # Prepares Gradescope's container: packages, the Swift toolchain, and Headlight built for release.
    set -eu
    here=$(cd "$(dirname "$0")" && pwd)
    export DEBIAN_FRONTEND=noninteractive

    apt-get update -q
    apt-get install -y -q --no-install-recommends binutils bubblewrap ca-certificates curl g++ git \
      libc6-dev libcurl4 libedit2 libncurses6 libsqlite3-0 libxml2 tzdata util-linux zlib1g-dev

    if ! command -v swift >/dev/null 2>&1; then
      . /etc/os-release
      version=6.3.1
      arch=$(uname -m)
      case $arch in x86_64) suffix= ;; *) suffix="-$arch" ;; esac
      case $ID in ubuntu) name="ubuntu$VERSION_ID" ;; *) name="$ID$VERSION_ID" ;; esac
      folder=$(printf '%s' "$name" | tr -d .)
      curl -fsSL "https://download.swift.org/swift-$version-release/$folder$suffix/swift-$version-RELEASE/swift-$version-RELEASE-$name$suffix.tar.gz" |
        tar -xz --strip-components 2 -C /usr/local
    fi

    cd "$here/headlight"
    ./setup
    swift build -c release
    """# + "\n"

  /// Runs for every submission.
  var runAutograder: String {
    #"""
    #!/bin/sh
    # Grades the submission in Gradescope's container. There is a valid results.json from the first
    # moment on: without one, Gradescope says no more than that the autograder failed to execute.
    root=${AUTOGRADER_ROOT:-/autograder}
    headlight="$root/source/headlight/.build/release/headlight"
    results="$root/results/results.json"

    say() {
      mkdir -p "$root/results"
      printf '{"score": 0, "output": "%s", "output_format": "text", "visibility": "visible", "stdout_visibility": "hidden"}\n' \
        "$1" >"$results.new" && mv "$results.new" "$results"
    }
    say "Grading did not finish, so there are no points yet. Hand in again, or tell your instructor."

    work=$(mktemp -d) || exit 0
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/class"
    cp -RP "$root/submission" "$work/class/submission"
    cd "$root/source/headlight" || exit 0
    "$headlight" grade --sheet SHEET --seed-file "$root/source/seed" --jobs 1 \
      "$work/class" --output "$work/grades" --progress-file "$results" 2>&1

    # With the reports, Gradescope's is there, whatever became of the submission.
    if [ -s "$work/grades/submission/gradescope.json" ]; then
      cp "$work/grades/submission/gradescope.json" "$results.new" && mv "$results.new" "$results"
    else
      say "The grader failed, which is no fault of yours. Tell your instructor, who finds its words in the autograder's output."
    fi
    exit 0
    """#.replacing("SHEET", with: "\(sheet.number)") + "\n"
  }
}
