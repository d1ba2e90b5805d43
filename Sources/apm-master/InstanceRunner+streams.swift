// Where the output of a started instance goes, and how it looks.

import Messages
import Posix

extension InstanceRunner {
    func openStreams(_ instance: Instance, _ spawned: SpawnedProcess) {
        let isWatched = isStartWatched(instance)
        // Whoever waits now waits for this start, not for the one before.
        if let stream = instance.errorStream { logs.forgetStart(of: stream) }
        instance.errorStream = logs.open(
            instance.streamPlan(.standardError, keepsStart: isWatched), pipe: spawned.errorOutput)
    }

    /// Of what is connected apm-proxyd reads it, and passes on what is no frame.
    func openOutput(_ instance: Instance, _ spawned: SpawnedProcess) {
        instance.connection = nil
        guard spawned.isConnected else {
            instance.outputStream = logs.open(
                instance.streamPlan(.standardOutput, keepsStart: false), pipe: spawned.output)
            return
        }
        instance.outputStream = nil
        do {
            let connection = try proxy.connect(
                instance, input: spawned.input, output: spawned.output)
            instance.connection = connection
            instance.outputStream = connection.textStream
        } catch {
            notes.alert("\(instance.label) is not connected: \(error.text)")
            instance.process?.failure = (.descriptors, error.code)
            killTree(instance)
        }
    }

    /// New lines of what runs look as the settings say by now.
    func restyle(_ worker: Worker) {
        for instance in worker.instances {
            for stream in [instance.outputStream, instance.errorStream] {
                if let stream { logs.restyle(stream, instance.style) }
            }
        }
    }
}
