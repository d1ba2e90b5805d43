"""The managers that are measured. A missing peer is installed from Debian where possible."""

import machine
from managers.apm import APM
from managers.runit import Runit
from managers.supervisor import Supervisor


def installed(folder):
    """The managers that are there, APM first, and the names of those that are not."""
    peers = [Supervisor, Runit]
    absent = [peer.name for peer in peers if not peer.is_installed()]
    machine.install(absent)
    there = [peer for peer in peers if peer.is_installed()]
    missing = [peer.name for peer in peers if peer not in there]
    return [manager(folder) for manager in [APM, *there]], missing
