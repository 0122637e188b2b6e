// Two threads that accept on handles (descriptors 3 and 4) of one listening socket, and count until SIGTERM.
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

if (!isMainThread) {
  let count = 0;
  net.createServer((socket) => {
    count++;
    socket.on('error', () => undefined);
    // what a request costs: without it the thread that woke first has the next one accepted before the other is awake
    const until = performance.now() + 0.5;
    while (performance.now() < until);
    socket.end('ok');
  }).listen({ fd: workerData }, () => parentPort.postMessage('up'));
  parentPort.on('message', () => parentPort.postMessage(count));
} else {
  const workers = [3, 4].map((fd) => new Worker(fileURLToPath(import.meta.url), { workerData: fd }));
  const told = (worker) => new Promise((resolve) => worker.once('message', resolve));
  await Promise.all(workers.map(told));
  process.on('SIGTERM', async () => {
    const counts = await Promise.all(workers.map((worker) => {
      const answer = told(worker);
      worker.postMessage('count');
      return answer;
    }));
    process.stdout.write(`counts ${JSON.stringify(counts)}\n`, () => process.exit(0));
  });
  process.stdout.write('up\n');
}
