// Rows under headings, columns as wide as their widest cell. Pure.

struct Table {
    struct Cell {
        var text: String
        var paint: Paint?

        init(_ text: String, _ paint: Paint? = nil) {
            self.text = text
            self.paint = paint
        }
    }

    private var headings: [String]
    private var rows: [[Cell]] = []

    init(_ headings: [String]) {
        self.headings = headings
    }

    /// Adds a row, one cell for each heading.
    mutating func add(_ row: [Cell]) {
        precondition(row.count == headings.count, "a row of another table")
        rows.append(row)
    }

    /// Leaves the columns of these headings out, one after the other, until the rest has room in
    /// `columns`.
    mutating func fit(_ columns: Int, leavingOut expendable: [String]) {
        for heading in expendable where width > columns { leaveOut([heading]) }
    }

    /// Leaves the columns of these headings out.
    mutating func leaveOut(_ wanted: [String]) {
        for heading in wanted {
            guard let column = headings.firstIndex(of: heading) else { continue }
            headings.remove(at: column)
            for index in rows.indices { rows[index].remove(at: column) }
        }
    }

    /// Columns of the longest line.
    private var width: Int {
        rendered(colours: false).split(separator: "\n").reduce(0) {
            max($0, TextWidth.columns(of: String($1)))
        }
    }

    /// The table as lines. A last column without any text is left out.
    func rendered(colours: Bool) -> String {
        var shown = headings.count
        while shown > 1, rows.allSatisfy({ $0[shown - 1].text.isEmpty }) { shown -= 1 }
        let widths = (0..<shown).map { column in
            rows.reduce(TextWidth.columns(of: headings[column])) {
                max($0, TextWidth.columns(of: $1[column].text))
            }
        }
        var text = ""
        Self.append(headings.prefix(shown).map { Cell($0, .dim) }, widths, colours, to: &text)
        for row in rows { Self.append(Array(row.prefix(shown)), widths, colours, to: &text) }
        return text
    }

    private static func append(
        _ row: [Cell], _ widths: [Int], _ colours: Bool, to text: inout String
    ) {
        var gap = 0
        for (cell, width) in zip(row, widths) {
            // Blanks only before the next text: no line ends with some.
            if !cell.text.isEmpty {
                text += String(repeating: " ", count: gap)
                gap = 0
                if let paint = cell.paint, colours {
                    text += paint.on(cell.text)
                } else {
                    text += cell.text
                }
            }
            gap += width - TextWidth.columns(of: cell.text) + 2
        }
        text += "\n"
    }
}
