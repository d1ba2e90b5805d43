"""The candidates of the data plane. What is missing is installed from Debian and PyPI."""

import shutil

import machine
from servers.alone import Cluster, Granian
from servers.apm import APMNode, APMPython
from servers.nginx import NginxNode, NginxReturn, NginxUwsgi

ALL = (APMNode, APMPython, NginxNode, Cluster, NginxUwsgi, Granian, NginxReturn)


def installed(folder):
    """The candidates that are there, and the names of those that are not."""
    needed = {"wrk": "wrk"}
    for candidate in ALL:
        needed.update(candidate.packages)
    machine.install([package for program, package in needed.items() if not shutil.which(program)])
    if not Granian.is_installed():
        Granian.install()
    there = [candidate for candidate in ALL if candidate.is_installed()]
    missing = [candidate.name for candidate in ALL if candidate not in there]
    return [candidate(folder) for candidate in there], missing

