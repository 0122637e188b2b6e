// A proxy thread that does what its instance id says: the pool's tests need threads that die, hang and refuse on demand.
import { appendFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const { id, settings, policy, transparentFds } = workerData;
const [mode, logFile] = settings.instanceId.split('|');
appendFileSync(logFile, `born ${id} port=${settings.port} generation=${policy?.generation ?? -1}${transparentFds === undefined ? '' : ` fds=${transparentFds.join(',')}`}\n`);

if (mode === 'die-at-birth') throw new RangeError('connect ECONNREFUSED 203.0.113.7:443');
// reading the program on a slow machine: deaf until it listens
if (mode === 'slow-birth') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
if (mode === 'no-port') parentPort.postMessage({ type: 'listen-failed', port: settings.port, code: 'EADDRINUSE' });
else parentPort.postMessage({ type: 'listening', ports: [settings.port === 0 ? 40_000 : settings.port, ...(settings.transparentPort === null ? [] : [40_001])] });

parentPort.on('message', (message) => {
  appendFileSync(logFile, `${message.type} ${id}\n`);
  switch (message.type) {
    case 'policy':
      if (mode === 'die-once' && message.policy.generation === 2) throw new TypeError('secret 203.0.113.7');
      if (mode === 'hang' && message.policy.generation === 2 && id === 0) for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
      parentPort.postMessage({ type: 'applied', generation: message.policy.generation });
      break;
    case 'ping':
      parentPort.postMessage({ type: 'pong', n: message.n, connections: 3, tunnels: 2 });
      break;
    case 'drain':
      if (mode === 'deaf') break;
      parentPort.postMessage({ type: 'events', events: { shapes: [], numbers: new Float64Array(0) }, dropped: 7 });
      parentPort.postMessage({ type: 'drained' });
      break;
  }
});
