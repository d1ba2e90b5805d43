// The plain Node server behind nginx and in a cluster: three of the routes of the echo worker, with
// its bytes. Listens where PORT says.
'use strict';

const http = require('http');

const TEXT = 'text/plain';

function answer(response, type, body) {
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
}

function echo(request, response) {
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => answer(response, TEXT, Buffer.concat(parts)));
}

const server = http.createServer((request, response) => {
    const path = request.url;
    if (path === '/hello') {
        answer(response, TEXT, 'hello');
    } else if (path === '/echo') {
        echo(request, response);
    } else if (path.startsWith('/size/')) {
        answer(response, TEXT, 'x'.repeat(Number(path.slice(6))));
    } else {
        response.writeHead(404).end();
    }
});
// Else it closes connections that nginx is just about to use.
server.keepAliveTimeout = 120000;
server.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 1024 });
