"""nginx before a Node server, before uwsgi, and alone."""

import os

from servers.server import APPS, HOST, NODE, Server, free_port

# One worker: it has one processor. No limit on the requests of a connection, where the default
# makes it reconnect, and nothing on disk.
FRAME = """daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    uwsgi_temp_path {home}/uwsgi;
    fastcgi_temp_path {home}/fastcgi;
    scgi_temp_path {home}/scgi;
{rest}}}
"""

PROXY = """    upstream node {{
        server {host}:{upstream};
        keepalive 64;
        keepalive_requests 100000000;
    }}
    server {{
        listen {host}:{port} backlog=1024;
        location / {{
            proxy_pass http://node;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
"""

UWSGI = """    server {{
        listen {host}:{port} backlog=1024;
        location / {{
            include /etc/nginx/uwsgi_params;
            uwsgi_pass unix:{home}/uwsgi.socket;
        }}
    }}
"""

RETURN = """    server {{
        listen {host}:{port} backlog=1024;
        location / {{
            default_type text/plain;
            return 200 hello;
        }}
    }}
"""


class Nginx(Server):
    packages = {"nginx": "nginx"}
    front = frozenset(["nginx"])
    rest = ""

    def __init__(self, folder):
        super().__init__(folder)
        self.upstream = free_port()

    def text(self):
        rest = self.rest.format(
            host=HOST, port=self.port, upstream=self.upstream, home=self.home)
        return FRAME.format(home=self.home, rest=rest)

    def configuration(self):
        return "nginx.conf:\n" + self.text()

    def prepare(self):
        self.write("nginx.conf", self.text())

    def commands(self):
        # -e: else it complains that it cannot write where the distribution would.
        return [(["nginx", "-e", self.file("error.log"), "-c", self.file("nginx.conf")], {})]


class NginxNode(Nginx):
    name = "nginx→node"
    packages = {**Nginx.packages, "node": "nodejs"}
    rest = PROXY
    is_measured_idle = True

    def app(self):
        return [NODE, os.path.join(APPS, "app.js")], {"PORT": str(self.upstream)}

    def configuration(self):
        words, more = self.app()
        return f"{super().configuration()}PORT={more['PORT']} {' '.join(words)}"

    def commands(self):
        return [self.app(), *super().commands()]


class NginxUwsgi(Nginx):
    name = "nginx→uwsgi"
    packages = {**Nginx.packages, "uwsgi_python3": "uwsgi-plugin-python3"}
    rest = UWSGI

    def app(self):
        return ["uwsgi_python3", "--socket", self.file("uwsgi.socket"), "--chmod-socket=666",
                "--master", "--processes", "1", "--need-app", "--disable-logging",
                "--die-on-term", "--wsgi-file", os.path.join(APPS, "app.py")]

    def configuration(self):
        return f"{super().configuration()}{' '.join(self.app())}"

    def commands(self):
        return [(self.app(), {}), *super().commands()]


class NginxReturn(Nginx):
    """Answers every request the same: the floor of what a proxy of this make costs."""

    name = "nginx return 200"
    rest = RETURN
    says_hello_alone = True
