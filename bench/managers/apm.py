"""APM, with a daemon of its own through APM_HOME and one configuration file."""

import os

import machine
import proc
from managers.manager import Manager

# What `apm run` sends when nobody says otherwise.
TIME_FORMAT = "ç214-%Y-%m-%d %Tç59-.%FçR-"


class APM(Manager):
    name = "APM"
    programs = frozenset(["apm-master", "apm-logd"])

    def __init__(self, folder):
        super().__init__(folder)
        self.client = os.path.join(folder, "apm")

    def configuration(self):
        return (f"workers with restart_err, err_delay 0; log lines stamped with the default "
                f"format {TIME_FORMAT!r} and prefixed")

    def renew(self):
        super().renew()
        os.chmod(self.home, 0o700)
        self.environment["APM_HOME"] = self.home

    def prepare(self, jobs):
        with open(self.file("config.conf"), "w", encoding="utf-8") as file:
            file.writelines(map(block, jobs))

    def spawn(self):
        """The daemon loads config.conf by itself."""
        self.call("start")
        self.find()

    def load(self):
        """What was prepared while the daemon ran."""
        self.call("boot", "--no-wait")

    def call(self, *words):
        _, code = machine.call([self.client, *words], self.environment)
        if code != 0:
            raise machine.CannotMeasure(f"apm {words[0]} ended with {code}")

    def find(self):
        """Learns the daemon's process id, which it writes before it answers."""
        self.root = int(proc.read(self.file("apm.pid")) or 0)
        if not self.root:
            raise machine.CannotMeasure("the daemon has written no process id")

    def question(self):
        return [self.client, "list"]

    def log_of(self, job):
        return job.log

    def ask_to_end(self):
        machine.call([self.client, "exit", "daemon"], self.environment)


def block(job):
    """A job as configuration; none of its words has a quote."""
    words = " ".join(f"'{word}'" for word in job.argv)
    log = f" log '{job.log}';" if job.log else ""
    restarts = " restart_err true; err_delay 0;" if job.restarts else ""
    return f"worker {job.name} {{ cmd {words};{restarts}{log} }}\n"
