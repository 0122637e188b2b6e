/** The byte pattern of a TLS 1.3 session: server flight with a certificate chain, client Finished with a request, one answer. No arithmetic. */

const record = (type, bytes) => Buffer.concat([Buffer.from([type, 3, 3, bytes >> 8, bytes & 0xff]), Buffer.alloc(bytes, 0x5a)]);

export const SERVER_FLIGHT = Buffer.concat([record(0x16, 122), record(0x14, 1), record(0x17, 2_800)]);
export const CLIENT_FINISH = Buffer.concat([record(0x14, 1), record(0x17, 53), record(0x17, 420)]);
export const CLIENT_FINISH_BYTES = CLIENT_FINISH.length;
export const SERVER_ANSWER = record(0x17, 1_280);
