// Loaded into every Node.js program of the runs: calls of AWS go to the stand-in at STAND_IN, as they are (the host that they
// were meant for stays in their header), and no connection leaves the loopback address. Serverless's SDK knows no other way
// to name an endpoint.
'use strict';
const http = require('http');
const https = require('https');
const net = require('net');

const standIn = new URL(process.env.STAND_IN);

function redirected(args) {
  const [first, second, third] = args;
  const url = typeof first === 'string' ? new URL(first) : first instanceof URL ? first : null;
  const options = url ? { ...(typeof second === 'function' ? {} : second), hostname: url.hostname, path: url.pathname + url.search } : first;
  const callback = [second, third].find((value) => typeof value === 'function');
  const host = options.hostname || options.host;
  if (!/\.amazonaws\.com$/.test(host)) return null;
  const headers = { ...options.headers };
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'host')) headers.Host = host;
  return [{ method: options.method, path: options.path, auth: options.auth, timeout: options.timeout, headers, hostname: standIn.hostname, port: standIn.port }, callback];
}

const request = http.request;
for (const module of [http, https]) {
  const original = module.request;
  module.request = function (...args) {
    const instead = redirected(args);
    return instead ? request.apply(http, instead) : original.apply(this, args);
  };
  module.get = function (...args) {
    const sent = module.request(...args);
    sent.end();
    return sent;
  };
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = options && typeof options === 'object' ? options.host : typeof args[1] === 'string' ? args[1] : undefined;
  if (options && options.path === undefined && host && !/^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) {
    throw new Error(`tests/e2e/clis/loopback.js: no connection to ${host}`);
  }
  return connect.apply(this, args);
};
