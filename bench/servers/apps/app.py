"""The WSGI application of uwsgi and granian: three of the routes of the echo worker, with its
bytes."""


def answer(start_response, body):
    start_response(
        "200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/hello":
        return answer(start_response, b"hello")
    if path == "/echo":
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return answer(start_response, environ["wsgi.input"].read(length))
    if path.startswith("/size/"):
        return answer(start_response, b"x" * int(path[6:]))
    start_response("404 Not Found", [("Content-Length", "0")])
    return []
