// The plain Node server behind nginx and in a cluster: three of the routes of the echo worker,
// found in its way and with its bytes. Listens where PORT says.
'use strict'
const http = require('http')

const PIECE = Buffer.alloc(65535, 'x')

function answer(response, body) {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length })
    response.end(body)
}

const handlers = {
    hello(request, response) {
        answer(response, 'hello')
    },

    size(request, response, bytes) {
        answer(response, PIECE.subarray(0, Number(bytes)))
    },

    whole(request, response) {
        const parts = []
        request.on('data', (part) => parts.push(part))
        request.on('end', () => {
            answer(response, parts.length === 1 ? parts[0] : Buffer.concat(parts))
        })
    },
}

function missing(request, response) {
    response.writeHead(404).end()
}

const server = http.createServer((request, response) => {
    if (request.url === '/hello') {
        handlers.hello(request, response)
        return
    }
    const [name, ...rest] = request.url.slice(1).split('?')[0].split('/')
    const handler = Object.prototype.hasOwnProperty.call(handlers, name) ? handlers[name] : missing
    handler(request, response, ...rest)
})
// Else it closes connections that nginx is just about to use.
server.keepAliveTimeout = 120000
server.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 1024 })
