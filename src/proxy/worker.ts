/** Entry of a proxy thread. An exception nobody caught ends the thread, and the pool replaces it: a filter in an unknown state must not go on. */
import { parentPort, workerData } from 'node:worker_threads';
import { goFirst, ownThreadId } from '../priority.js';
import type { ToWorker, WorkerBirth } from './protocol.js';
import { createProxyThread } from './thread.js';

const port = parentPort;
if (port === null) throw new Error('worker.js runs as a worker thread only');
goFirst();
const thread = createProxyThread(workerData as WorkerBirth, (message) => port.postMessage(message.type === 'listening' ? { ...message, threadId: ownThreadId() } : message));
port.on('message', (message: ToWorker) => thread.handle(message));
await thread.start();
