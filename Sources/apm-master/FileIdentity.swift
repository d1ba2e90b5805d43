// Which file a descriptor means, whatever it is called.

import Glibc

struct FileIdentity: Equatable {
    let device: UInt64
    let inode: UInt64

    init(of descriptor: Int32) {
        var information = stat()
        _ = fstat(descriptor, &information)
        self.init(information)
    }

    init(_ information: stat) {
        device = UInt64(information.st_dev)
        inode = UInt64(information.st_ino)
    }
}
