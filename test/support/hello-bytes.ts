/** ClientHellos made to order, for what real clients never send. Real ones are in ../shared/data/vectors/tls. */

export interface HelloShape {
  readonly sni?: string | null;
  readonly alpn?: readonly string[];
  /** supported_versions; left out of the hello when empty. */
  readonly versions?: readonly number[];
  /** Bytes of padding extension. */
  readonly padding?: number;
  /** Splits the handshake message over records of at most this many bytes. */
  readonly recordBytes?: number;
}

const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 255]);
const block16 = (body: Buffer): Buffer => Buffer.concat([u16(body.length), body]);
const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), block16(body)]);

export function helloBytes(shape: HelloShape = {}): Buffer {
  const extensions: Buffer[] = [];
  const sni = shape.sni === undefined ? 'a.test' : shape.sni;
  if (sni !== null) extensions.push(extension(0, block16(Buffer.concat([Buffer.from([0]), block16(Buffer.from(sni, 'latin1'))]))));
  if (shape.alpn !== undefined) {
    const names = shape.alpn.map((name) => Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'latin1')]));
    extensions.push(extension(16, block16(Buffer.concat(names))));
  }
  const versions = shape.versions ?? [0x0304, 0x0303];
  if (versions.length > 0) extensions.push(extension(43, Buffer.concat([Buffer.from([versions.length * 2]), ...versions.map(u16)])));
  if (shape.padding !== undefined) extensions.push(extension(21, Buffer.alloc(shape.padding)));
  const body = Buffer.concat([
    u16(0x0303), Buffer.alloc(32, 7), Buffer.from([32]), Buffer.alloc(32, 9),
    block16(Buffer.concat([u16(0x1301), u16(0xc02b)])), Buffer.from([1, 0]), block16(Buffer.concat(extensions)),
  ]);
  const message = Buffer.concat([Buffer.from([1, body.length >> 16, (body.length >> 8) & 255, body.length & 255]), body]);
  const step = shape.recordBytes ?? 16_384;
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += step) {
    records.push(Buffer.concat([Buffer.from([0x16, 3, 1]), block16(message.subarray(at, at + step))]));
  }
  return Buffer.concat(records);
}
