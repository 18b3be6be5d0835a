import Foundation

/// The sandbox that was taken, and why it is no stronger one.
struct SandboxChoice {
  let level: SandboxLevel
  /// The strongest that was to be tried.
  let strongest: SandboxLevel
  /// Why those above it do not work, the strongest first.
  let missing: [String]

  /// What is said first of all.
  var sentence: String {
    guard level < .bubblewrap else { return "Sandbox: \(level), the strongest there is" }
    let reason =
      missing.first ?? "nothing above the sandbox \(strongest) was to be tried"
    return "Sandbox: \(level), which is not the strongest: \(reason)"
  }

  /// The command that installs a package here.
  static func command(installing package: String) -> String {
    let managers = [
      ("apt", "apt install"), ("dnf", "dnf install"), ("zypper", "zypper install"),
      ("pacman", "pacman -S"), ("apk", "apk add"),
    ]
    let install = managers.first {
      FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0.0)")
    }
    return (getuid() == 0 ? "" : "sudo ") + (install?.1 ?? "apt install") + " " + package
  }

  /// The command that lets users make the namespaces that bubblewrap is made of, if it is a setting
  /// of this machine that keeps them from it; else nil.
  static var permission: String? {
    func says(_ setting: String, _ value: String) -> Bool {
      let place = "/proc/sys/" + setting.replacing(".", with: "/")
      let text = try? String(contentsOfFile: place, encoding: .utf8)
      return text?.trimmingCharacters(in: .whitespacesAndNewlines) == value
    }
    let settings = [
      ("user.max_user_namespaces", "0", "15000"),
      ("kernel.unprivileged_userns_clone", "0", "1"),
      ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ]
    return settings.first { says($0.0, $0.1) }.map { setting in
      "allow it with `" + (getuid() == 0 ? "" : "sudo ") + "sysctl -w \(setting.0)=\(setting.2)`"
    }
  }
}
