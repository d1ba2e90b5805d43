// Where a daemon's control groups lie.

import Testing

@testable import apm_master

private let mount = "/sys/fs/cgroup"
private let unit = "/system.slice/apm.service"

private func places(
    own: String, previous: String = "", isRoot: Bool = true, delegated: Set<String> = []
) -> [GroupPlace] {
    GroupPath.places(
        mount: mount, own: own, name: "apm-1", previous: previous, isRoot: isRoot,
        isDelegated: delegated.contains)
}

@Suite struct GroupPathTests {
    @Test func theOwnGroupIsTheLineWithoutAController() {
        let text = "9:name=systemd:/\n4:memory:/x\n0::/user.slice/a.scope\n"
        #expect(GroupPath.own(in: text) == "/user.slice/a.scope")
        #expect(GroupPath.own(in: "0::/\n") == "")
        for text in ["", "4:memory:/x\n", "0:", "0::\n", "garbage"] {
            #expect(GroupPath.own(in: text) == nil)
        }
    }

    @Test func rootTakesWhatWasDelegated() throws {
        let found = places(own: unit, delegated: [mount + unit])
        #expect(found.first == GroupPlace(path: mount + unit, kind: .delegated))
    }

    @Test func aLeafMadeForTheDaemonIsEnteredAlready() {
        let found = places(own: unit + "/supervisor", delegated: [mount + unit])
        #expect(
            found.first == GroupPlace(path: mount + unit, kind: .delegated, isEntered: true))
    }

    @Test func otherwiseRootHasATreeAtTheTop() {
        let top = GroupPlace(path: mount + "/apm-1", kind: .own, above: [mount])
        #expect(places(own: "/user.slice/session-1.scope").first == top)
        #expect(places(own: "").first == top)
        // The mount's root is nobody's to delegate.
        #expect(places(own: "", delegated: [mount]).first == top)
    }

    @Test func aUserHasATreeBelowTheOwnGroup() {
        let own = "/user.slice/user-1001.slice/session-1.scope"
        #expect(
            places(own: own, isRoot: false) == [
                GroupPlace(path: mount + own + "/apm-1", kind: .own)
            ])
        #expect(places(own: "", isRoot: false).map(\.path) == [mount + "/apm-1"])
    }

    /// Started by a worker whose daemon has died, it takes that daemon's place, not one inside it.
    @Test func aTreeIsNotPutIntoItself() {
        let tree = mount + "/a.scope/apm-1"
        let worker = "/a.scope/apm-1/workers/3/1.4"
        #expect(places(own: worker, isRoot: false).map(\.path) == [tree])
        #expect(
            places(own: worker, previous: tree, isRoot: false).first
                == GroupPlace(path: tree, kind: .own))
        let inUnit = places(own: unit + "/workers/3/1.4", previous: mount + unit)
        #expect(inUnit.first == GroupPlace(path: mount + unit, kind: .delegated))
    }

    @Test func aTreeElsewhereIsNotTakenOver() {
        for own in [unit, unit + "/supervisor", unit + "/workersx/1", "/b.scope"] {
            let found = places(own: own, previous: mount + unit)
            #expect(!found.contains { $0.path == mount + unit }, "\(own)")
        }
    }

    @Test(arguments: [
        "/sys/fs/cgroup/apm-1", "/sys/fs/cgroup/system.slice/apm.service",
        "/sys/fs/cgroup/unified/apm-1", "/sys/fs/cgroup/a..b/c",
    ])
    func groupsBelowAMountAreSafe(_ path: String) {
        #expect(GroupPath.isSafe(path))
    }

    @Test(arguments: [
        "", "/", "/sys/fs/cgroup", "/sys/fs/cgroup/", "/sys/fs/cgroup//apm-1",
        "/sys/fs/cgroup/../../tmp/apm-1", "/sys/fs/cgroup/apm-1/..", "/sys/fs/cgroup/./apm-1",
        "/sys/fs/cgroup/apm-1/", "/tmp/apm-1", "sys/fs/cgroup/apm-1", "/sys/fs/cgroupx/apm-1",
    ])
    func otherPathsAreNot(_ path: String) {
        #expect(!GroupPath.isSafe(path))
    }

    @Test func namesArePathsWithoutWhatIsAbove() {
        #expect(GroupPath.lastName(of: mount + unit) == "apm.service")
        #expect(GroupPath.parent(of: mount + "/apm-1") == mount)
        #expect(GroupPath.isInside("/a/b", "/a"))
        #expect(GroupPath.isInside("/a", "/a"))
        #expect(!GroupPath.isInside("/ab", "/a"))
    }
}
