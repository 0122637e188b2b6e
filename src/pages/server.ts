/**
 * The plain pages for the LAN (8080): PAC and WPAD, help, what "blocked" means, unblock requests, health.
 * Owns routing, its own client check and rate limits; refuses to know SQLite (the composition root gives it functions).
 * No cookies, no accounts, nothing about anyone: a request to open a page carries room, host, category and an optional reason.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { timingSafeEqual } from 'node:crypto';
import { boundPerAddress, closeNow, listenOn } from '../lan-server.js';
import { createCidrSet, plainAddress } from '../matching/address.js';
import { parseAuthority } from '../matching/hostname.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { Words } from '../policy/words.js';
import { failurePage } from './block-page.js';
import { caPage, noCaPage, type SchoolCaFacts } from './ca-page.js';
import { pageHeaders } from './layout.js';
import { blockedPage, helpPage, homePage, type HelpChannel } from './help-page.js';
import { pacFile } from './pac.js';
import { answerPage, readRequestForm, sentPage, type PageRequest, type RequestAnswer } from './request-page.js';
import { reasonForPupil } from './texts.js';
import { MAX_TICKET_BYTES, readTicketForm, readTicketRef, ticketAnswerPage, ticketPage, ticketSentPage, type TicketDesk } from './ticket-page.js';

export interface PagesDeps {
  readonly host: string;
  readonly port: number;
  readonly proxyPort: number;
  /** CIDRs whose clients are served. */
  readonly clients: readonly string[];
  /** Names by which the gateway may be addressed, besides its addresses. */
  readonly names: readonly string[];
  /** Names of the console, which is never reached through the proxy. */
  readonly consoleNames?: readonly string[];
  /** Shared with the proxy threads: proves that a zone header is theirs. */
  readonly secret: string;
  readonly helpChannels: readonly HelpChannel[];
  policy(): Snapshot | null;
  /** Zone of a client that comes without the proxy; null = unknown device. */
  zoneOf(address: string): string | null;
  /** Stores (or finds the same open) request. */
  addRequest(request: PageRequest): RequestAnswer;
  requestByRef(ref: string): RequestAnswer | null;
  /** Messages to the counsellor; absent, or not offered: the pages don't exist. */
  readonly tickets?: TicketDesk;
  /** The school's CA; null while there is none, or it can't be trusted. */
  ca?(): SchoolCaFacts | null;
  health(): { readonly ok: boolean; readonly [key: string]: string | number | boolean };
}

export interface PagesServer {
  listen(): Promise<number>;
  close(): Promise<void>;
}

const MAX_FORM_BYTES = 4_096;
/** Of one address: a browser opens six. Else one pupil with half-open requests keeps a school from its PAC. */
const MAX_PER_CLIENT = 64;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1']);
/** Requests a room may send in a minute; a class of forty asking for one page is one request (same room, same host). */
const REQUESTS_PER_MINUTE = 20;
/** Messages to the counsellor, and looks for an answer, of a room in a minute: a class told about it at once gets through, a game with the button does not. */
const TICKETS_PER_MINUTE = 10;

const NO_COUNSELLOR: Words = { vi: 'Trường chưa mở mục nhắn cho thầy cô tư vấn. Em gọi 111 hoặc nói với một thầy cô em tin nhé.', en: 'The school has no counsellor here yet. Call 111 or talk to a teacher you trust.' };
const TICKETS_BUSY: Words = { vi: 'Lúc này chưa nhận được lời nhắn, điều em viết chưa được lưu. Em thử lại sau ít phút; cần người nghe ngay thì gọi 111.', en: 'Messages can’t be taken right now; what you wrote was not kept. Try again in a few minutes, or call 111 now.' };

export function createPagesServer(deps: PagesDeps): PagesServer {
  const clients = createCidrSet(deps.clients);
  const secret = Buffer.from(deps.secret);
  const rate = new Map<string, { minute: number; n: number }>();
  const server: Server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, connectionsCheckingInterval: 1_000 }, (request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) send(response, 500, failurePage(reasonForPupil('no-policy'), deps.policy()?.data.school ?? null));
      else response.destroy();
    });
  });
  server.maxHeadersCount = 0;
  server.maxConnections = 2_000;
  server.on('clientError', (_error, socket) => socket.destroy());
  // The proxy threads bring everybody's requests from loopback; they count connections themselves.
  boundPerAddress(server, (address, held) => held <= MAX_PER_CLIENT || LOOPBACK.has(address));

  function zoneFor(request: IncomingMessage, address: string): string | null {
    const given = request.headers['x-luytre-secret'];
    const proof = typeof given === 'string' ? Buffer.from(given) : null;
    if (proof !== null && proof.length === secret.length && timingSafeEqual(proof, secret)) {
      const zone = request.headers['x-luytre-zone'];
      return typeof zone === 'string' && zone !== '' ? decodeURIComponent(zone) : null;
    }
    return deps.zoneOf(address);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = plainAddress(request.socket.remoteAddress);
    if (!clients.has(address)) {
      request.socket.destroy();
      return;
    }
    if (request.rawHeaders.length > 256) return sendText(response, 431, 'Too many header fields.\n');
    const method = request.method ?? 'GET';
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (method === 'POST') {
      if (path === '/yeu-cau') return await takeRequest(request, response, zoneFor(request, address));
      if (path === '/nhan-tu-van' || path === '/nhan-tu-van/tra-loi') return await takeTicket(request, response, zoneFor(request, address), path !== '/nhan-tu-van');
      return sendText(response, 405, 'Method not allowed.\n');
    }
    if (method !== 'GET' && method !== 'HEAD') return sendText(response, 405, 'Method not allowed.\n');
    const snapshot = deps.policy();
    const school = snapshot?.data.school ?? null;
    switch (path) {
      case '/proxy.pac':
      case '/wpad.dat':
        return sendAs(response, 200, 'application/x-ns-proxy-autoconfig', pacFile(ownName(request), deps.proxyPort, deps.consoleNames));
      case '/healthz': {
        const health = deps.health();
        return sendAs(response, health.ok ? 200 : 503, 'application/json; charset=utf-8', `${JSON.stringify(health)}\n`);
      }
      case '/help':
        return send(response, 200, helpPage(school, deps.helpChannels, deps.tickets?.offered() === true));
      case '/nhan-tu-van':
        return deps.tickets?.offered() === true ? send(response, 200, ticketPage(school, deps.tickets.days)) : send(response, 404, failurePage(NO_COUNSELLOR, school));
      case '/blocked':
        return send(response, 200, blockedPage(school));
      case '/':
        return send(response, 200, homePage(school, deps.ca?.() != null));
      case '/ca':
      case '/ca.crt':
      case '/ca-moi.crt':
      case '/ca.mobileconfig':
        return sendCa(response, path, school);
      default:
        if (path.startsWith('/yeu-cau/')) return showAnswer(response, path.slice(9), school);
        return send(response, 404, failurePage({ vi: 'Cổng lọc không có trang này.', en: 'The gateway has no such page.' }, school));
    }
  }

  function sendCa(response: ServerResponse, path: string, school: Snapshot['data']['school'] | null): void {
    const ca = deps.ca?.() ?? null;
    const pem = path === '/ca-moi.crt' ? ca?.next?.pem : ca?.current.pem;
    if (ca === null || pem === undefined) return send(response, 404, noCaPage(school));
    if (path === '/ca') return send(response, 200, caPage(ca, school));
    // no Content-Disposition: Firefox and iOS offer to install what comes under its own type
    if (path === '/ca.mobileconfig') return sendAs(response, 200, 'application/x-apple-aspen-config', ca.appleProfile);
    sendAs(response, 200, 'application/x-x509-ca-cert', pem);
  }

  /** The gateway's name as the client reached it: only our own names and the address of this very socket are echoed into the PAC. */
  function ownName(request: IncomingMessage): string {
    const local = plainAddress(request.socket.localAddress) || '127.0.0.1';
    const asked = parseAuthority(request.headers.host ?? '', 80)?.host;
    return asked !== undefined && (asked === local || deps.names.includes(asked)) ? asked : local;
  }

  function tooOften(key: string, perMinute: number): boolean {
    const minute = Math.floor(Date.now() / 60_000);
    const seen = rate.get(key);
    if (seen !== undefined && seen.minute === minute && seen.n >= perMinute) return true;
    rate.set(key, { minute, n: seen?.minute === minute ? seen.n + 1 : 1 });
    if (rate.size > 1_000) rate.clear();
    return false;
  }

  /** A message, or with `look` the reference of one: in the body, so that no history of a shared machine keeps it. */
  async function takeTicket(request: IncomingMessage, response: ServerResponse, zone: string | null, look: boolean): Promise<void> {
    const school = deps.policy()?.data.school ?? null;
    const { tickets } = deps;
    if (tickets?.offered() !== true || tooOften(`${look ? 'xem' : 'nhan'} ${zone ?? ''}`, TICKETS_PER_MINUTE)) {
      request.resume();
      return tickets?.offered() === true ? send(response, 429, failurePage(TICKETS_BUSY, school)) : send(response, 404, failurePage(NO_COUNSELLOR, school));
    }
    const body = await readBody(request, MAX_TICKET_BYTES);
    if (body === null) return send(response, 400, ticketPage(school, tickets.days, { vi: 'Lời nhắn gửi lên không đọc được. Em viết lại ngắn hơn rồi gửi nhé.', en: 'The message could not be read. Write a shorter one.' }));
    if (look) {
      const ref = readTicketRef(body);
      const answer = ref === null ? null : tickets.byRef(ref);
      if (answer === null) return send(response, 404, ticketPage(school, tickets.days, { vi: 'Không có lời nhắn nào mang mã này, hoặc đã quá hạn và được xóa.', en: 'No message has this code, or it has been deleted.' }));
      return send(response, 200, ticketAnswerPage(school, answer));
    }
    const ticket = readTicketForm(body);
    if ('vi' in ticket) return send(response, 400, ticketPage(school, tickets.days, ticket));
    if (!tickets.add(ticket)) return send(response, 503, failurePage(TICKETS_BUSY, school));
    send(response, 200, ticketSentPage(school, ticket.ref));
  }

  async function takeRequest(request: IncomingMessage, response: ServerResponse, zone: string | null): Promise<void> {
    const snapshot = deps.policy();
    const school = snapshot?.data.school ?? null;
    if (tooOften(`mo ${zone ?? ''}`, REQUESTS_PER_MINUTE)) {
      request.resume();
      return send(response, 429, failurePage({ vi: 'Phòng này gửi nhiều yêu cầu quá. Em đợi một phút rồi gửi lại nhé.', en: 'Too many requests from this room. Wait a minute.' }, school));
    }
    const body = await readBody(request, MAX_FORM_BYTES);
    const form = body === null || snapshot === null ? null : readRequestForm(body, snapshot);
    if (form === null) {
      return send(response, 400, failurePage({ vi: 'Yêu cầu gửi lên không đọc được. Em mở lại trang bị chặn rồi bấm gửi lại nhé.', en: 'The form could not be read. Open the blocked page and send it again.' }, school));
    }
    const answer = deps.addRequest({ ...form, zone });
    send(response, 200, sentPage(school, answer));
  }

  function showAnswer(response: ServerResponse, ref: string, school: Snapshot['data']['school'] | null): void {
    const answer = /^[0-9A-Z]{6}$/.test(ref) ? deps.requestByRef(ref) : null;
    if (answer === null) return send(response, 404, failurePage({ vi: 'Không có yêu cầu nào mang mã này.', en: 'No request has this reference.' }, school));
    send(response, 200, answerPage(school, answer));
  }

  return {
    listen: () => listenOn(server, deps),
    close: () => closeNow(server),
  };
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | null> {
  if (!(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) {
    request.resume();
    return null;
  }
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { ...pageHeaders("'self'"), 'Content-Length': Buffer.byteLength(html) });
  response.end(html);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  sendAs(response, status, 'text/plain; charset=utf-8', text);
}

function sendAs(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
