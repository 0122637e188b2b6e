/**
 * What is refused before anybody asks who it is: another site's requests, a name that is not ours (DNS rebinding), what came
 * through a proxy, methods nobody needs. And the headers of every answer. Pure: fields in, a refusal or null out.
 */
import { isAddressLiteral } from '../../matching/address.js';
import { parseAuthority } from '../../matching/hostname.js';
import { refused, type Refused } from '../refused.js';

export interface Knock {
  readonly method: string;
  readonly path: string;
  /** Lower-case field names. */
  readonly header: (name: string) => string | undefined;
  /** Address of this machine that the connection came in on. */
  readonly localAddress: string;
  readonly loopback: boolean;
}

export interface OwnNames {
  /** All names by which the console may be asked for. */
  readonly all: readonly string[];
  /** Those at which nothing else listens, so that "TLS only" may be remembered for them. */
  readonly alone: readonly string[];
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']);
const FORM_TYPES = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)(?:;|$)/i;
const JSON_TYPE = /^application\/json(?:;|$)/i;

export function turnAway(knock: Knock, names: OwnNames): Refused | null {
  if (!METHODS.has(knock.method)) return refused('forbidden', 'Cách gửi này không được nhận.', 'This method is not taken.');
  const host = hostOf(knock);
  const own = host !== null && (host === knock.localAddress || names.all.includes(host) || (host === 'localhost' && knock.loopback));
  if (!own) return refused('misdirected', 'Địa chỉ này không phải của bảng điều khiển; hãy mở bằng địa chỉ in ra khi cổng lọc khởi động.', "This is not the console's address; open the one printed when the gateway started.");
  // No browser of the LAN needs a proxy to come here, and the gateway's own never brings anybody.
  if (knock.header('via') !== undefined || knock.header('forwarded') !== undefined || knock.header('x-forwarded-for') !== undefined) {
    return refused('forbidden', 'Bảng điều khiển không mở qua proxy; hãy bỏ proxy cho địa chỉ này.', "The console isn't opened through a proxy; make an exception for its address.");
  }
  return knock.method === 'GET' || knock.method === 'HEAD' ? fromElsewhere(knock) : crossSite(knock);
}

export function hostOf(knock: Pick<Knock, 'header'>): string | null {
  return parseAuthority(knock.header('host') ?? '', 443)?.host ?? null;
}

function bearer(knock: Knock): boolean {
  return /^bearer /i.test(knock.header('authorization') ?? '');
}

/** A page of another site may lead here (a link in a letter), but may not fetch, frame or embed. */
function fromElsewhere(knock: Knock): Refused | null {
  const site = knock.header('sec-fetch-site');
  if (site === undefined || site === 'same-origin' || site === 'none' || bearer(knock)) return null;
  const led = knock.header('sec-fetch-mode') === 'navigate' && knock.header('sec-fetch-dest') === 'document';
  return led ? null : cross();
}

/**
 * What changes something comes from a page of ours: the browser says so itself (Fetch metadata), or, from one too old to, by Origin.
 * A script with a token of its own carries no cookie that anybody could borrow.
 */
function crossSite(knock: Knock): Refused | null {
  const type = knock.header('content-type');
  const api = knock.path.startsWith('/api/');
  if (type !== undefined && !(api ? JSON_TYPE : FORM_TYPES).test(type)) {
    return refused('wrong-type', api ? 'API chỉ nhận JSON (Content-Type: application/json).' : 'Biểu mẫu gửi lên không đúng kiểu.', api ? 'The API takes JSON only (Content-Type: application/json).' : 'The form is of another type.');
  }
  if (api && bearer(knock)) return null;
  const site = knock.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return cross();
  const origin = knock.header('origin');
  if (origin === `https://${knock.header('host') ?? ''}`) return null;
  // A form of a page under `no-referrer` says "null" (Fetch §3.2): only Fetch metadata tells it from a stranger's.
  if (site !== undefined) return origin === undefined || origin === 'null' ? null : cross();
  return origin === undefined || origin === 'null'
    ? refused('cross-site', 'Trình duyệt này cũ quá nên không chứng minh được yêu cầu đến từ bảng điều khiển; hãy cập nhật trình duyệt.', "This browser is too old to prove that the request comes from the console; update it.")
    : cross();
}

function cross(): Refused {
  return refused('cross-site', 'Yêu cầu này đến từ một trang khác nên không được nhận; hãy mở bảng điều khiển rồi thao tác lại.', 'This request came from another site and was not taken; open the console and do it there.');
}

const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
  "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
].join('; ');

/** Fields of every answer. */
export function answerHeaders(host: string | null, names: OwnNames): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
    'Cache-Control': 'no-store',
    // It holds for every port of a name, and the gateway's own name also serves plain pages (PAC, help) on another.
    ...(host !== null && !isAddressLiteral(host) && names.alone.includes(host) ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  };
}
