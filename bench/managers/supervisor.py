"""supervisor: one configuration file, one daemon that is our child."""

import os
import shutil

import machine
from managers.manager import Manager

HEAD = """[unix_http_server]
file={home}/socket
[supervisord]
nodaemon=true
logfile={home}/supervisord.log
pidfile={home}/pid
childlogdir={home}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{home}/socket
"""
PROGRAM = """[program:{name}]
command={command}
startsecs=0
autorestart={restarts}
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=0
"""


class Supervisor(Manager):
    name = "supervisor"
    programs = frozenset(["supervisord"])

    def __init__(self, folder):
        super().__init__(folder)
        self.daemon = None

    @staticmethod
    def is_installed():
        return shutil.which("supervisord") is not None

    def configuration(self):
        settings = PROGRAM.format(
            name="", command="", log="FILE", restarts="true").splitlines()[2:]
        return "supervisord -n; " + ", ".join(settings) + " (a plain copy without stamps)"

    def log_of(self, job):
        return job.log or self.file(job.name + ".log")

    def prepare(self, jobs):
        with open(self.file("conf"), "w", encoding="utf-8") as file:
            file.write(HEAD.format(home=self.home))
            for job in jobs:
                command = " ".join(map(quoted, job.argv))
                file.write(PROGRAM.format(
                    name=job.name, command=command, log=self.log_of(job),
                    restarts=str(job.restarts).lower()))

    def spawn(self):
        self.daemon = machine.background(
            ["supervisord", "-n", "-c", self.file("conf")], self.environment)
        self.root = self.daemon.pid

    def question(self):
        return ["supervisorctl", "-c", self.file("conf"), "status"]

    def ask_to_end(self):
        self.daemon.terminate()

    def reap(self):
        if self.daemon:
            self.daemon.wait()
        self.daemon = None


def quoted(word):
    """Its own quoting: shlex's, where a percent sign would begin a variable."""
    return "'" + word.replace("%", "%%") + "'" if set(word) & set(" ;%\"$<") else word
