/** A collector that takes everything, in a process of its own: prints its port. What is measured is the sender. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(202, { 'content-type': 'application/json' }).end('{"accepted":0,"rejected":[]}'));
});
server.listen(0, '127.0.0.1', () => { console.log((server.address() as AddressInfo).port); });
