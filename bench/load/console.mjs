/** People at the console: each a session and a TLS connection of their own, reading pages at an even pace, switching a room now and then. */
import https from 'node:https';
import { performance } from 'node:perf_hooks';
import { createSamples } from '../support/stats.mjs';

/** Those of an earlier job of this process go on, with their connections. */
const people = [];

/** @param job {port, users, cookies: string[], paths: string[], rooms: string[], seconds, everyMs, switches} */
export async function run(job) {
  while (people.length < job.users) people.push(personOf(people.length, job.cookies[people.length]));
  const samples = createSamples();
  const switched = createSamples();
  let wrong = 0;
  const endMs = performance.now() + job.seconds * 1_000;
  await Promise.all(people.slice(0, job.users).map(async (person, i) => {
    await sleep((job.everyMs * i) / job.users);
    let due = performance.now();
    // each switches at most once, all within the span
    let toSwitch = i < job.switches;
    for (let n = i; performance.now() < endMs; n++) {
      const asked = performance.now();
      if (toSwitch) {
        toSwitch = false;
        const room = job.rooms[i % job.rooms.length];
        const answer = await send(job, person, 'POST', `/api/v1/rooms/${encodeURIComponent(room)}/lesson`, JSON.stringify({ profile: i % 2 === 0 ? 'thcs' : 'thpt', until: '45' }));
        if (answer.status !== 200) wrong++;
        switched.add(performance.now() - asked);
      } else {
        const answer = await send(job, person, 'GET', job.paths[n % job.paths.length]);
        if (answer.status !== 200) wrong++;
        samples.add(performance.now() - asked);
      }
      due += job.everyMs;
      const left = due - performance.now();
      if (left > 0) await sleep(left);
    }
  }));
  const pages = samples.summary();
  const switches = switched.summary();
  return { users: job.users, pages: pages.count, pageP50: pages.p50, pageP99: pages.p99, switches: switches.count, ...(switches.count === 0 ? {} : { switchP50: switches.p50, switchP99: switches.p99 }), wrong };
}

/** Each from an address of its own, as in a school: the console keeps one address to 64 connections. */
function personOf(n, cookie) {
  return { agent: new https.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false, localAddress: `127.0.1.${1 + n}` }), cookie };
}

function send(job, person, method, path, body) {
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: '127.0.0.1', port: job.port, path, method, agent: person.agent,
      headers: {
        'Sec-Fetch-Site': 'same-origin', Cookie: person.cookie,
        ...(body === undefined ? {} : { Origin: `https://127.0.0.1:${job.port}`, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      },
    }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode }));
    });
    // an idle connection that the server closed as this was sent: a browser asks again, and so does this
    request.on('error', (error) => (request.reusedSocket ? send(job, person, method, path, body).then(resolve, reject) : reject(error)));
    request.end(body);
  });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
