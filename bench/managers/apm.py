"""APM, with a daemon of its own through APM_HOME. Jobs come over one control connection."""

import os
import subprocess

import machine
import proc
import wire
from managers.manager import Manager

# What `apm run` sends when nobody says otherwise.
TIME_FORMAT = "ç214-%Y-%m-%d %Tç59-.%FçR-"


class APM(Manager):
    name = "APM"
    programs = frozenset(["apm-master", "apm-logd"])

    def __init__(self, folder):
        super().__init__(folder)
        self.client = os.path.join(folder, "apm")
        self.version = ""
        self.jobs = []

    def configuration(self):
        return (f"workers with restart_err, err_delay 0; log lines stamped with the default "
                f"format {TIME_FORMAT!r} and prefixed")

    def renew(self):
        super().renew()
        os.chmod(self.home, 0o700)
        self.environment["APM_HOME"] = self.home

    def prepare(self, jobs):
        self.jobs = jobs

    def spawn(self):
        """The daemon alone: `define` brings the jobs."""
        _, code = machine.call([self.client, "start"], self.environment)
        if code != 0:
            raise machine.CannotMeasure(f"apm start ended with {code}")
        self.find()
        self.define()

    def find(self):
        """Learns the daemon's process id, which it writes before it answers."""
        self.root = int(proc.read(self.file("apm.pid")) or 0)
        if not self.root:
            raise machine.CannotMeasure("the daemon has written no process id")

    def define(self):
        plans = [wire.settings(job, self.environment, TIME_FORMAT) for job in self.jobs]
        connection = wire.Connection(self.file("control"), self.told_version())
        connection.run(plans)
        connection.close()

    def load(self):
        """The same jobs from one configuration file, as the peers have them."""
        path = self.file("jobs.conf")
        with open(path, "w", encoding="utf-8") as file:
            for job in self.jobs:
                words = " ".join(f"'{word}'" for word in job.argv)
                log = f" log {job.log};" if job.log else ""
                restarts = " restart_err; err_delay 0;" if job.restarts else ""
                file.write(f"worker {job.name} {{ cmd {words};{restarts}{log} }}\n")
        _, code = machine.call([self.client, "load", path, "--no-wait"], self.environment)
        if code != 0:
            raise machine.CannotMeasure(f"apm load ended with {code}")

    def told_version(self):
        """The master speaks only with an `apm` of its own version."""
        if not self.version:
            told = subprocess.run(
                [self.client, "--version"], env=self.environment, capture_output=True, text=True,
                check=True)
            self.version = told.stdout.splitlines()[0].split()[-1]
        return self.version

    def question(self):
        return [self.client, "list"]

    def log_of(self, job):
        return job.log

    def ask_to_end(self):
        machine.call([self.client, "exit", "daemon"], self.environment)
