"""Servers without a proxy before them: a Node cluster and granian."""

import os
import subprocess

import machine
from servers.server import APPS, HOST, NODE, PYTHON, Server

# What comes from PyPI, beside the build.
ENVIRONMENT = os.path.join(machine.ROOT, ".build/peers")


class Cluster(Server):
    name = "node cluster"
    packages = {"node": "nodejs"}

    def configuration(self):
        words, more = self.commands()[0]
        return f"PORT={more['PORT']} {' '.join(words)}"

    def commands(self):
        return [([NODE, os.path.join(APPS, "cluster.js")], {"PORT": str(self.port)})]


class Granian(Server):
    name = "granian wsgi"
    program = os.path.join(ENVIRONMENT, "bin/granian")

    @classmethod
    def is_installed(cls):
        return os.access(cls.program, os.X_OK)

    @classmethod
    def install(cls):
        """Into an environment of its own, from the Python that the others have too."""
        machine.install(["python3-venv"])
        for words in ([PYTHON, "-m", "venv", ENVIRONMENT],
                      [os.path.join(ENVIRONMENT, "bin/pip"), "install", "--quiet", "granian"]):
            subprocess.run(words, check=False, stdout=subprocess.DEVNULL)

    def words(self):
        return [self.program, "--interface", "wsgi", "--host", HOST, "--port", str(self.port),
                "--workers", "1", "--blocking-threads", "1", "--http", "1", "--no-ws",
                "--no-log", "--working-dir", APPS, "app:application"]

    def configuration(self):
        version = subprocess.run(
            [self.program, "--version"], check=True, capture_output=True, text=True)
        return f"{version.stdout.strip()}: {' '.join(self.words())}"

    def commands(self):
        return [(self.words(), {"PYTHONDONTWRITEBYTECODE": "1"})]
