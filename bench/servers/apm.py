"""APM with an echo worker, as installed: defaults, confinement on."""

import os

import machine
from managers.apm import APM
from servers.server import HOST, NODE, PYTHON, Server

ECHO = os.path.join(machine.ROOT, "connectors/echo")


class APMServer(Server):
    front = frozenset(["apm-proxyd"])
    interpreter = ""
    worker = ""

    def __init__(self, folder):
        super().__init__(folder)
        self.manager = APM(folder)

    @classmethod
    def is_installed(cls):
        return True

    def configuration(self):
        return (f"worker {{ name web; exec {self.interpreter}; "
                f"params {os.path.join(ECHO, self.worker)}; "
                f"server http://{HOST}:{self.port}; }}")

    def spawn(self):
        self.manager.renew()
        with open(self.manager.file("config.conf"), "w", encoding="utf-8") as file:
            file.write(self.configuration() + "\n")
        self.manager.spawn()

    def roots(self):
        # Without a daemon there is none; that of 0 would be all of the machine.
        return [self.manager.root] if self.manager.root else []

    def end(self):
        self.manager.end()


class APMNode(APMServer):
    name = "APM, Node"
    packages = {"node": "nodejs"}
    is_measured_idle = True
    interpreter = NODE
    worker = "echo.node.js"


class APMPython(APMServer):
    name = "APM, Python"
    packages = {PYTHON: "python3"}
    interpreter = PYTHON
    worker = "echo.py"
