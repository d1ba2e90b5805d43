// Tests of HTTP on the wire.
