// The named limits of the master.

import EventLoop
import Messages

enum MasterLimits {
    /// Workers at once; each has a slot for its recent lines in the journal.
    static let workers = MessageLimits.workers
    /// Instances of all workers together, removed ones included as long as their streams last.
    static let instances = 1024
    /// What `info` tells of a worker beside its settings, at most.
    static let infoBytes = 32 * 1024
    /// Cycles of dependencies that are told; the edges of all of them are ignored.
    static let cycles = 64
    /// Of a worker that does not end: how long after its kill_timeout the stops of what it depends
    /// on go on without it.
    static let stopPatience = Duration.seconds(6)
    /// Definitions and updates that are being looked at.
    static let drafts = 256
    /// On root's daemon, of each table: three of four parts are for all others together, and one of
    /// four for each of them.
    static let strangersShare = 3
    static let strangersParts = 4
    static let ownParts = 4
    /// Clients at once; where places are lacking, the one idle for longest of whoever has most
    /// makes room.
    static let clients = Places.Limits(all: 128, ofOne: 32, keptForRoot: 32)
    /// Connections accepted, messages of one client and messages of a helper handled, in one turn
    /// of the loop. With every place taken by a client that floods, a turn is over in milliseconds.
    static let acceptsPerTurn = 4
    static let clientMessagesPerTurn = 4
    static let messagesPerTurn = 16
    /// Messages that a client may send at once, and how many come back to it each second.
    static let clientBurst = 1024.0
    static let clientRate = 256.0
    /// Datagrams that wait for a client that does not read; beyond it the client is dropped.
    static let clientOutbox = 128
    /// Requests of one client that wait for their outcome.
    static let clientWaits = 512
    /// The same of all clients together, and for uids as in the tables above. One `stopall` counts
    /// once for each worker.
    static let waits = 4096
    /// Events gathered before they are sent, at the end of a turn at the latest.
    static let happenings = 4096
    /// Dropped clients that the log names in a second; of the others it gives the number.
    static let dropsTold = 8
    /// A client must greet within this time, and finish a message in parts.
    static let clientPatience = Duration.seconds(2)
    /// Children of the process reaped in one turn of the loop.
    static let reapsPerTurn = 256
    /// From clone to exec; after it the child is killed.
    static let startDeadline = Duration.seconds(1)
    /// How long the end of a killed tree is waited for before it is told as stuck.
    static let sweepDeadline = Duration.seconds(5)
    /// Streams of one instance that its log has not taken yet; with more it is not started again.
    static let unreadStreams = 8
    /// Streams that one instance may have: those, and the two of one more start.
    static let streamsOfInstance = unreadStreams + 2
    /// How long a start waits for its log then.
    static let logPatience: UInt32 = 250
    /// How long the daemon's end waits for its last lines to be taken.
    static let lastLines = Duration.seconds(1)
    /// A daemon that starts lets those who come wait so long for its main configuration.
    static let bootPatience = Duration.seconds(1)
    /// How long accepting pauses when no descriptor is left.
    static let acceptPause = Duration.milliseconds(100)
    /// A process that was killed is killed again after this, in case the first time failed.
    static let killAgain = Duration.seconds(1)
    /// From a helper's start to its greeting; after it the helper is killed.
    static let helperGreeting = Duration.seconds(2)
    /// A log opener that takes longer is killed.
    static let logOpenDeadline = Duration.seconds(1)
    /// Agents at once; further tasks wait. Killed ones that do not end do not count, up to a
    /// number.
    static let agents = 16
    static let agentsLeaving = 64
    /// An agent that takes longer is killed; a login shell may take 3 s of it.
    static let agentDeadline = Duration.seconds(5)
    /// What an agent that lasts may tell at once, and each second.
    static let agentBurst = 64.0
    static let agentRate = 20.0
    /// Agents that watch, and for uids as in the tables above.
    static let watches = 512
    /// From one restart because of a changed file to the next of the same worker.
    static let watchPause = Duration.milliseconds(100)
    /// How long nothing more of configuration must change before it is read again; where changes
    /// never end, ten times that.
    static let configWatchDelay: UInt32 = 200
    /// Files that were loaded and are remembered although no worker is from them.
    static let configWatches = 256
    /// Wait before a watch whose agent ended is begun again: doubled each time, up to the longest.
    static let watchDelay = Duration.milliseconds(100)
    static let watchDelayLongest = Duration.seconds(30)
    /// An agent that watched for so long has not ended young.
    static let watchYouth = Duration.seconds(10)
    /// The same for one that reads configuration.
    static let configDeadline = Duration.seconds(10)
    /// What it may say: messages, and bytes of them.
    static let configPieces =
        MessageLimits.configWorkers + MessageLimits.configNotes + MessageLimits.configFiles * 2
    static let configBytes = 32 * 1024 * 1024
    /// Configurations being read or carried out.
    static let loadings = 8
    /// What is removed may take this much longer than all its kill_timeouts.
    static let removalMargin = Duration.seconds(5)
    /// Of one of these: workers whose files and accounts are being looked at.
    static let loadingDrafts = 64
    /// Of one of these: workers with which something is begun in one turn of the loop.
    static let loadStepsPerTurn = 16
    /// Bytes of messages and of workers that a report on a file may have.
    static let reportMessageBytes = 384 * 1024
    static let reportRowBytes = 600 * 1024
    /// Messages about configuration that the daemon's own log gets when it starts.
    static let configNotesTold = 32
    /// Messages that wait for a helper; beyond it the helper is restarted.
    static let helperOutbox = 32 * 1024
    /// What apm-proxyd may have noted at once, and each second.
    static let proxyNoteBurst = 64.0
    static let proxyNoteRate = 20.0
    /// Bytes that the pipes of connected instances share, and the bytes of one of them.
    static let pipeBytes = 8 * 1024 * 1024
    static let pipeLongest = 1024 * 1024
    static let pipeShortest = 64 * 1024
    /// A connector should have greeted within this time.
    static let greetingPatience = Duration.seconds(10)
    /// A pipe may end this long before the process that had it.
    static let closedPipePatience = Duration.seconds(2)
    /// How long apm-proxyd may take to let go of an instance that has ended: its last text may wait
    /// for its log.
    static let closingPatience = Duration.seconds(30)
    /// Lines of the own log that wait for apm-logd; what is beyond is counted and told.
    static let notes = 1024
    /// Wait before a helper that died young is started again: doubled each time, up to the longest.
    static let helperDelay = Duration.milliseconds(25)
    static let helperDelayLongest = Duration.seconds(5)
    /// A helper that lived this long has not died young.
    static let helperYouth = Duration.seconds(2)
    /// Young deaths in a row from which a helper gets a fresh journal, and from which the streams
    /// that it was told of are left out.
    static let helperDeathsForJournal = 5
    static let helperDeathsForStreams = 8
    /// A helper that was killed ends within this time, or is left to itself. Not sooner: a write to
    /// a slow disk that it is in may still grow the log from which its successor goes on.
    static let helperFuneral = Duration.seconds(2)
    /// Helpers left to themselves beyond which no other is started.
    static let abandonedHelpers = 64
    /// Without a sign of life for so long, a helper is killed.
    static let helperPatience = Duration.seconds(10)
    /// From one look at what a helper touches to the next, and how long it is looked at after it
    /// has said that it works; it says so once a second.
    static let helperLook = Duration.milliseconds(250)
    static let helperWork = Duration.milliseconds(1250)
    /// From one writing of the state file to the next.
    static let statePause = Duration.milliseconds(50)
    /// The same where only pids have changed.
    static let statePauseOfProcesses = Duration.seconds(1)
    /// Wait before what the disk refused is written again: doubled each time, up to the longest.
    static let stateRetry = Duration.milliseconds(500)
    static let stateRetryLongest = Duration.seconds(60)
    /// From one status for the service manager to the next.
    static let serviceStatusPause = Duration.seconds(1)
    /// What ending may take beside the longest `kill_timeout`.
    static let endingMargin = Duration.seconds(15)
    /// How often the logs of a dead daemon's worker are opened, and the wait before the next time:
    /// doubled each time, up to the longest.
    static let restoreAttempts = 16
    static let restorePause = Duration.milliseconds(500)
    static let restorePauseLongest = Duration.seconds(30)
    /// Bytes of the state file that are read.
    static let stateBytes = 256 * 1024 * 1024
    /// Figures of an instance that are younger than this are told again, not looked up.
    static let usageFreshness = Duration.milliseconds(100)
    /// A share of the processor is measured over at least this, unless the start is nearer.
    static let usageWindow = Duration.seconds(1)
    /// Below this a share is not told: it would be a matter of chance.
    static let usageShortest = Duration.milliseconds(10)
    /// Processes of one instance whose memory is added up where its group does not tell it, and
    /// how many of all instances in one look.
    static let usageProcesses = 64
    static let usageProcessesPerLook = 1024
    /// How long the end of what was killed is waited for when the daemon starts or ends.
    static let groupPatience = Duration.milliseconds(100)
    /// Orders from the look socket: open at once, at once after a pause, and a second; then the
    /// same of one uid, and uids whose share is counted.
    static let orders = 64
    static let orderBurst = 64.0
    static let orderRate = 20.0
    static let ordersOfOne = 16
    static let orderBurstOfOne = 16.0
    static let orderRateOfOne = 5.0
    static let orderUids = 64
    /// How long apm-guid stays when nobody looks, and the shortest time from one look to the next.
    static let lookIdle = Duration.seconds(30)
    static let lookPause = Duration.milliseconds(50)
    /// Groups of a caller that are looked through.
    static let callerGroups = 1024
    /// How long helpers may take to end when the daemon does.
    static let helperFarewell = Duration.seconds(2)
}

extension Duration {
    /// For deadlines on the monotonic clock.
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
