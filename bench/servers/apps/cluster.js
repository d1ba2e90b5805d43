// A cluster of one worker, as PM2 runs it: the primary accepts and hands connections over.
'use strict'
const cluster = require('cluster')
const path = require('path')

cluster.setupPrimary({ exec: path.join(__dirname, 'app.js') })
cluster.fork()
