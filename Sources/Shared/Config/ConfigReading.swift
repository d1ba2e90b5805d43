// A plan with the places of its options, for those who have more to say about them than their
// reader: what a machine lacks, or what one option does to another.

import Settings

public struct ConfigReading: Sendable {
    public let plan: ConfigPlan
    let sources: [SourceText]
    /// Of each worker of the plan, by full key.
    let places: [[String: Place]]

    /// Something about an option of a worker: at the option, or at the worker where it is not
    /// written.
    ///
    /// - Parameter index: the worker's, in the plan.
    public func message(
        _ level: ConfigMessage.Level, about key: String, ofWorker index: Int, _ text: String,
        now advice: String
    ) -> ConfigMessage {
        let worker = plan.workers[index]
        let text = Excerpt.cut(Excerpt.shown(text), atMost: SettingsLimits.messageBytes)
        let advice = Excerpt.cut(Excerpt.shown(advice), atMost: SettingsLimits.messageBytes)
        guard let place = places[index][key] else {
            return ConfigMessage(
                level, file: worker.source.blockFile, line: worker.source.line, column: 1, text,
                now: advice)
        }
        let source = sources[place.file]
        let position = source.position(of: place.offset)
        return ConfigMessage(
            level, file: source.path, line: UInt32(position.line),
            column: UInt32(position.column), text, now: advice)
    }
}
