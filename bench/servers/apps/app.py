"""The WSGI application of uwsgi and granian: three of the routes of the echo worker, found in its
way and with its bytes."""


def answer(start_response, body):
    start_response(
        "200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def size(environ, start_response, count):
    return answer(start_response, b"x" * int(count))


def whole(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return answer(start_response, environ["wsgi.input"].read(length))


PATHS = {"size": size, "whole": whole}


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/hello":
        return answer(start_response, b"hello")
    _, name, *words = path.split("/")
    if name in PATHS:
        return PATHS[name](environ, start_response, *words)
    start_response("404 Not Found", [("Content-Length", "0")])
    return []
