/** Knows when a response with Content-Length is whole. Cheap rather than strict: both ends of the wire are ours. */

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LENGTH = Buffer.from('\r\nContent-Length: ');

export function createResponseMeter() {
  let left = 0;
  let held = null;
  return {
    status: 0,
    /** True when these bytes complete a response. One response at a time: nothing is pipelined. */
    take(buffer, n) {
      if (left > 0) {
        left -= n;
        return left <= 0;
      }
      let bytes = buffer;
      let length = n;
      if (held !== null) {
        bytes = Buffer.concat([held, buffer.subarray(0, n)]);
        length = bytes.length;
      }
      const end = bytes.indexOf(END_OF_HEAD);
      if (end < 0 || end + 4 > length) {
        held = Buffer.from(bytes.subarray(0, length));
        return false;
      }
      held = null;
      this.status = (bytes[9] - 48) * 100 + (bytes[10] - 48) * 10 + bytes[11] - 48;
      const at = bytes.indexOf(LENGTH);
      if (at < 0 || at > end) throw new Error('a response without Content-Length');
      let size = 0;
      for (let i = at + LENGTH.length; bytes[i] !== 0x0d; i++) size = size * 10 + bytes[i] - 48;
      left = size - (length - end - 4);
      return left <= 0;
    },
  };
}
