"""runit: runsvdir over a folder with one service for each job, each with its svlogd."""

import os
import shutil
import shlex
import signal

import machine
from managers.manager import Manager

RUN = "#!/bin/sh\nexec 2>&1\nexec {command}\n"
LOGGER = "#!/bin/sh\nexec svlogd -tt ./main\n"
# Never rotates, keeps everything.
LOGGING = "s0\nn0\n"


class Runit(Manager):
    name = "runit"
    programs = frozenset(["runsvdir", "runsv", "svlogd"])

    def __init__(self, folder):
        super().__init__(folder)
        self.daemon = None
        self.jobs = []

    @staticmethod
    def is_installed():
        return shutil.which("runsvdir") is not None

    def configuration(self):
        return "runsvdir; run: exec PROGRAM; log/run: exec svlogd -tt ./main, never rotating"

    def service(self, job):
        return os.path.join(self.home, "services", job.name)

    def log_of(self, job):
        return os.path.join(self.service(job), "log/main/current")

    def prepare(self, jobs):
        self.jobs = jobs
        for job in jobs:
            folder = self.service(job)
            os.makedirs(folder + "/log/main")
            write(folder + "/run", RUN.format(command=shlex.join(job.argv)), 0o755)
            write(folder + "/log/run", LOGGER, 0o755)
            write(folder + "/log/main/config", LOGGING, 0o644)
        os.makedirs(self.home + "/services", exist_ok=True)

    def spawn(self):
        self.daemon = machine.background(["runsvdir", self.home + "/services"], self.environment)
        self.root = self.daemon.pid

    def question(self):
        return ["sv", "status", *map(self.service, self.jobs)]

    def ask_to_end(self):
        self.daemon.send_signal(signal.SIGHUP)

    def reap(self):
        if self.daemon:
            self.daemon.wait()
        self.daemon = None


def write(path, text, mode):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
