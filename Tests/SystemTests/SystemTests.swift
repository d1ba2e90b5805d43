// Real binaries, real processes. All suites hang below this one, so that one test runs at a time:
// each looks at the whole machine when it has ended.

import Testing

@Suite(.serialized) struct SystemTests {}
