// Paths as texts: joined, without `.` and `..`. What is named in a message is what is opened: `..`
// takes the folder away that stands before it, even where that is a link.

public enum ConfigPath {
    /// `path` seen from `folder`; absolute and normal when `folder` is absolute.
    public static func resolved(_ path: String, in folder: String) -> String {
        normal(path.utf8.first == Byte.slash ? path : folder + "/" + path)
    }

    /// The folder that a file stands in.
    public static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: Byte.slash), slash != path.utf8.startIndex else {
            return "/"
        }
        return String(path[..<slash])
    }

    public static func normal(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }
}
