/** People at the console: each a session and a TLS connection of their own, reading pages at an even pace, switching a room now and then. */
import https from 'node:https';
import { performance } from 'node:perf_hooks';
import { createSamples } from '../support/stats.mjs';

/** Signing in costs a password hash each; those of an earlier job of this process go on. */
const people = [];

/** @param job {port, users, name, password, paths: string[], rooms: string[], seconds, everyMs, switches} */
export async function run(job) {
  // tries at one account that are under way count like wrong ones until they are right: the sixth would wait
  while (people.length < job.users) await Promise.all(Array.from({ length: Math.min(3, job.users - people.length) }, (_, i) => signIn(job, people.length + i)));
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
async function signIn(job, n) {
  const person = { agent: new https.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false, localAddress: `127.0.1.${1 + n}` }), cookie: '' };
  const answer = await send(job, person, 'POST', '/dang-nhap', new URLSearchParams({ name: job.name, password: job.password, back: '/' }).toString(), 'application/x-www-form-urlencoded');
  person.cookie = /__Host-sid=[^;]+/.exec(String(answer.cookie))?.[0] ?? '';
  if (person.cookie === '') throw new Error(`not signed in: ${answer.status}`);
  people.push(person);
}

function send(job, person, method, path, body, type = 'application/json') {
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: '127.0.0.1', port: job.port, path, method, agent: person.agent,
      headers: {
        'Sec-Fetch-Site': 'same-origin', ...(person.cookie === '' ? {} : { Cookie: person.cookie }),
        ...(body === undefined ? {} : { Origin: `https://127.0.0.1:${job.port}`, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }),
      },
    }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode, cookie: response.headers['set-cookie'] }));
    });
    // an idle connection that the server closed as this was sent: a browser asks again, and so does this
    request.on('error', (error) => (request.reusedSocket ? send(job, person, method, path, body, type).then(resolve, reject) : reject(error)));
    request.end(body);
  });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
