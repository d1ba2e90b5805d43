// One call of apm: where it stands, where it prints, how it gets to the daemon.

import Control

struct Session {
    let surroundings: Surroundings
    let console: Console

    /// A connection to the daemon; nil when none runs.
    func find() throws(Failure) -> ControlConnection? {
        try ControlConnection.open(try DaemonHome.find(surroundings), uid: surroundings.uid)
    }

    /// A connection to the daemon, which is started when none runs.
    func reach() throws(Failure) -> ControlConnection {
        let home = try DaemonHome.find(surroundings)
        if let connection = try ControlConnection.open(home, uid: surroundings.uid) {
            return connection
        }
        try DaemonStart.start(home, surroundings)
        return try ControlConnection.openStarted(home, uid: surroundings.uid)
    }
}
