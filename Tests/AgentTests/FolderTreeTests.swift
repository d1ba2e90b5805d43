// Which watch is of which folder, through renames, removals and mounts that seem to be rings.

import Testing

@testable import apm_agent

struct FolderTreeTests {
    /// What changes is not given to the macro itself.
    private func check(_ truth: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(truth, sourceLocation: sourceLocation)
    }

    private func name(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// 1 /srv, 2 /srv/a, 3 /srv/a/b, 4 /srv/c.
    private func tree() -> FolderTree {
        var tree = FolderTree()
        tree.addRoot(1, path: name("/srv"))
        check(tree.add(2, named: name("a"), in: 1))
        check(tree.add(3, named: name("b"), in: 2))
        check(tree.add(4, named: name("c"), in: 1))
        return tree
    }

    private func path(_ tree: FolderTree, _ watch: Int32) -> String? {
        tree.path(of: watch).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func pathsAreThoseOfTheFolders() {
        let tree = tree()
        #expect(path(tree, 3) == "/srv/a/b" && path(tree, 1) == "/srv" && path(tree, 9) == nil)
        #expect(tree.isRoot(1) && !tree.isRoot(2) && tree.count == 4)
        #expect(tree.child(of: 1, named: name("a")) == 2)
        #expect(tree.child(of: 1, named: name("b")) == nil)
    }

    @Test func theRootOfAllHasOneSlash() {
        var tree = FolderTree()
        tree.addRoot(1, path: name("/"))
        check(tree.add(2, named: name("a"), in: 1))
        #expect(path(tree, 2) == "/a")
    }

    @Test func whatIsBelowGoesAlong() {
        var tree = tree()
        check(Set(tree.remove(2)) == [2, 3])
        #expect(tree.count == 2 && !tree.contains(3))
        #expect(tree.child(of: 1, named: name("a")) == nil)
        check(tree.remove(2).isEmpty)
    }

    @Test func aKnownFolderHasMoved() {
        var tree = tree()
        check(tree.add(2, named: name("moved"), in: 4))
        #expect(path(tree, 3) == "/srv/c/moved/b" && tree.count == 4)
        #expect(tree.child(of: 1, named: name("a")) == nil)
        check(Set(tree.remove(4)) == [4, 2, 3])
    }

    /// Its name was taken over before its end was told.
    @Test func aFolderInThePlaceOfAnotherStays() {
        var tree = tree()
        check(tree.add(5, named: name("a"), in: 1))
        check(Set(tree.remove(2)) == [2, 3])
        #expect(tree.child(of: 1, named: name("a")) == 5)
    }

    @Test func aRingIsNone() {
        var tree = tree()
        check(!tree.add(1, named: name("up"), in: 3))
        check(!tree.add(2, named: name("up"), in: 3))
        check(!tree.add(3, named: name("up"), in: 3))
        check(!tree.add(8, named: name("x"), in: 99))
        #expect(path(tree, 3) == "/srv/a/b" && tree.count == 4)
    }

    /// A folder that was given by its path is not part of another one.
    @Test func aRootStaysOne() {
        var tree = tree()
        tree.addRoot(7, path: name("/etc"))
        check(!tree.add(7, named: name("etc"), in: 1))
        #expect(tree.isRoot(7) && path(tree, 7) == "/etc")
    }
}
