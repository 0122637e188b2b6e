/**
 * Builds every answer that the gateway gives itself: blocks, refusals, failures. Complete messages with an exact length.
 * Owns their form; refuses to know sockets, and echoes nothing of the request but the judged host, through the page renderer.
 */
import type { Decision, Reason } from '../policy/decision.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { RenderBlockPage, RenderFailurePage } from './relay-context.js';
import { phraseOf, statusOf } from './wire-error.js';

export interface AnswerOptions {
  readonly keepAlive: boolean;
  /** False for HEAD: the length is stated, the body stays away. */
  readonly withBody: boolean;
}

export interface Refuser {
  /** 403 with the block page. A string in UTF-8 terms: the head is ASCII, the page is not. */
  blocked(decision: Decision, snapshot: Snapshot, pagesOrigin: string, options: AnswerOptions): string;
  /** Any other refusal or failure, status from the reason. */
  failed(reason: Reason, snapshot: Snapshot | null, options: AnswerOptions): Buffer;
  /** The answer to bytes that are no acceptable request; always closes. */
  malformed(status: number, options: { readonly withBody: boolean }): Buffer;
  /** The answer to a CONNECT: short, because browsers show their own page whatever we write. Always closes. */
  connect(reason: Reason): Buffer;
}

/** Room logins share one realm; the text is what the browser's prompt shows. */
const CHALLENGE = 'Proxy-Authenticate: Basic realm="Luy Tre", charset="UTF-8"\r\n';

/** Pages carry no script and load nothing; the block page names its own policy because its form posts to the gateway. */
const PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const KEEP = 'Connection: keep-alive\r\n\r\n';
const CLOSE = 'Connection: close\r\n\r\n';

export interface RefuserDeps {
  readonly renderBlockPage: RenderBlockPage | null;
  readonly renderFailurePage: RenderFailurePage | null;
}

export function createRefuser(deps: RefuserDeps): Refuser {
  const blockHeads = new Map<string, string>();
  const fixed = new Map<string, Buffer>();
  const failures = new WeakMap<object, Map<string, Buffer>>();
  const withoutPolicy = {};

  function blockHead(reason: Reason, policy: string): string {
    const key = `${reason} ${policy}`;
    let head = blockHeads.get(key);
    if (head === undefined) {
      head = `${headOf(403, reason)}Content-Type: text/html; charset=utf-8\r\nContent-Security-Policy: ${policy}\r\nContent-Length: `;
      if (blockHeads.size < 256) blockHeads.set(key, head);
    }
    return head;
  }

  return {
    blocked(decision, snapshot, pagesOrigin, options) {
      const page = deps.renderBlockPage === null ? { html: plainPage(403), policy: PLAIN_POLICY } : deps.renderBlockPage(decision, snapshot, pagesOrigin);
      const head = `${blockHead(decision.reason, page.policy)}${Buffer.byteLength(page.html)}\r\n${options.keepAlive ? KEEP : CLOSE}`;
      return options.withBody ? head + page.html : head;
    },

    failed(reason, snapshot, options) {
      const owner = snapshot ?? withoutPolicy;
      let known = failures.get(owner);
      if (known === undefined) {
        known = new Map();
        failures.set(owner, known);
      }
      const key = `${reason} ${options.keepAlive} ${options.withBody}`;
      let answer = known.get(key);
      if (answer === undefined) {
        const status = statusOf(reason);
        const html = deps.renderFailurePage === null ? plainPage(status) : deps.renderFailurePage(reason, snapshot);
        answer = htmlAnswer(status, reason, html, options);
        known.set(key, answer);
      }
      return answer;
    },

    malformed(status, options) {
      const key = `malformed ${status} ${options.withBody}`;
      return remember(key, () => htmlAnswer(status, 'malformed', plainPage(status), { keepAlive: false, withBody: options.withBody }));
    },

    connect(reason) {
      return remember(`connect ${reason}`, () => {
        const status = statusOf(reason);
        const body = `Lũy Tre: ${reason}\n`;
        return Buffer.from(`${headOf(status, reason)}Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${CLOSE}${body}`);
      });
    },
  };

  /** Keys come from the closed tables of reasons and statuses: the map cannot grow beyond their product. */
  function remember(key: string, make: () => Buffer): Buffer {
    let answer = fixed.get(key);
    if (answer === undefined) {
      answer = make();
      fixed.set(key, answer);
    }
    return answer;
  }
}

function headOf(status: number, reason: Reason): string {
  return `HTTP/1.1 ${status} ${phraseOf(status)}\r\nX-Luytre-Reason: ${reason}\r\nCache-Control: no-store\r\n${status === 407 ? CHALLENGE : ''}`;
}

function htmlAnswer(status: number, reason: Reason, html: string, options: AnswerOptions): Buffer {
  const head = `${headOf(status, reason)}Content-Type: text/html; charset=utf-8\r\nContent-Security-Policy: ${PLAIN_POLICY}\r\nContent-Length: ${Buffer.byteLength(html)}\r\n${options.keepAlive ? KEEP : CLOSE}`;
  return Buffer.from(options.withBody ? head + html : head);
}

/** Where no renderer is at hand, or the request was not one. */
function plainPage(status: number): string {
  return `<!doctype html><html lang="vi"><meta charset="utf-8"><title>${status}</title><h1>${WORDS[status] ?? 'Không mở được trang'}</h1><p lang="en">${status} ${phraseOf(status)}</p></html>\n`;
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'Yêu cầu không hợp lệ',
  403: 'Trang này không được mở',
  405: 'Cách gọi này không được phép',
  408: 'Yêu cầu gửi quá chậm',
  414: 'Địa chỉ quá dài',
  417: 'Yêu cầu không được hỗ trợ',
  431: 'Yêu cầu quá lớn',
  501: 'Yêu cầu không được hỗ trợ',
  502: 'Không kết nối được tới trang',
  503: 'Cổng lọc đang bận hoặc chưa sẵn sàng',
  504: 'Trang không trả lời',
  505: 'Phiên bản HTTP không được hỗ trợ',
};
